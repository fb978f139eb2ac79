//! FawryPay.
