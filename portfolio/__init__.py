"""What policies talk about: households, accounts, lots, models, tax law, prices, risk."""
