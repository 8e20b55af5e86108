//! Every checksum that a client sends is compared, wherever it stands.

use aws_sdk_s3::{primitives::ByteStream, types::ChecksumAlgorithm};

use super::site::Site;

#[tokio::test]
async fn checksums_before_and_behind_the_body_are_accepted() {
    let site = Site::start().await;
    use ChecksumAlgorithm::{Crc32, Crc32C, Crc64Nvme, Sha1, Sha256};
    for algorithm in [Crc32, Crc32C, Crc64Nvme, Sha1, Sha256] {
        let put = site.s3.put_object().bucket("originals").key("cat").checksum_algorithm(algorithm.clone());
        put.body(b"hello".to_vec().into()).send().await.unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
        // A body that is read as it is sent carries its checksum in a trailer.
        let put = site.s3.put_object().bucket("originals").key("cat").checksum_algorithm(algorithm.clone());
        put.body(stream(b"hello")).send().await.unwrap_or_else(|error| panic!("{algorithm}: {error:?}"));
        assert_eq!(site.original("cat").await.unwrap(), b"hello");
    }
}

#[tokio::test]
async fn a_wrong_checksum_is_refused() {
    let site = Site::start().await;
    let put = || site.s3.put_object().bucket("originals").key("cat").body(b"hello".to_vec().into());
    let refused = [
        put().checksum_crc32("AAAAAA==").send().await,
        put().checksum_crc32_c("AAAAAA==").send().await,
        put().checksum_crc64_nvme("AAAAAAAAAAA=").send().await,
        put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await,
    ];
    for answer in refused {
        assert!(format!("{:?}", answer.unwrap_err()).contains("BadDigest"));
    }
    site.assert_empty().await;
}

fn stream(bytes: &'static [u8]) -> ByteStream {
    ByteStream::from_body_1_x(http_body_util::Full::new(bytes::Bytes::from_static(bytes)))
}
