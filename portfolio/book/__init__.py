"""The book: a folder of tables read, checked whole, and cut into households."""

from portfolio.book.load import Book, load_book
from portfolio.book.schema import book_schema, contract_page

__all__ = ["Book", "book_schema", "contract_page", "load_book"]
