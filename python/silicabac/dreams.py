"""Dreams: streams that are made up from a seed. docs/dreams.md of the project says what is in them."""

from ._silicabac import Broken, broken_dream, broken_kinds, dream, features, features_of

__all__ = ["Broken", "broken_dream", "broken_kinds", "dream", "features", "features_of"]
