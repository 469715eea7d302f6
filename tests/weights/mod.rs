//! Weights: levels come back, containers come back, damage is named, and a decoder that was written from the document alone agrees.

mod command;
mod containers;
mod decoders;
mod kept;
mod levels;
mod made;
mod quantisers;
mod search;
