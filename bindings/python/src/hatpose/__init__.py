"""Who is in the picture, who wears a hard hat?"""

__version__ = "0.1.0"
