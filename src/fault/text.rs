// SPDX-License-Identifier: GPL-2.0

//! Enumerations that users write as words.

/// Declares an enumeration whose variants have a word each.
///
/// The words are what configfs attributes take and print, so they are part of the user interface.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub(crate) enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $word:literal,
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $(
                $(#[$variant_meta])*
                $variant,
            )+
        }

        impl $name {
            /// All variants, in the order in which they are declared.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word for the variant.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// Returns the variant that `word` stands for; the case of its letters matters.
            pub(crate) fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == word)
            }
        }
    };
}

pub(crate) use words;
