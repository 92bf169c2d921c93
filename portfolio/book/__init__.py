"""The book: a folder of tables read, checked whole, and cut into households."""

from portfolio.book.load import Book, load_book
from portfolio.book.schema import book_schema

__all__ = ["Book", "book_schema", "load_book"]
