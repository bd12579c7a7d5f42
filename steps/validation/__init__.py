"""How a candidate is judged: served, measured on labelled images, compared with production."""
