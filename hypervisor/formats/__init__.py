"""How dates are written where Django's own way is another: English here is read in Europe, day before month."""
