"""Networks and settings compared over several seeds: recipes, their runs, and tables of them."""
