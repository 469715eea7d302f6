//! Model files come back as they were: safetensors, ONNX, PyTorch and stored npz byte for byte, deflated npz entry for entry;
//! models of several files as one.
//! Data can be read from any offset, and damage gives an error and nothing worse.

mod any;
mod halves;
mod large;
mod made;
mod npz;
mod onnx;
mod outside;
mod pickle;
mod proto;
mod pytorch;
mod refused;
mod safetensors;
mod shards;
