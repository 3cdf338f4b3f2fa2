"""The day log (main courante): what people write down, numbered and never erased; files beside it; the chief's signature."""
