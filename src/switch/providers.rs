//! The register of providers: the one place that names them all.

use std::sync::Arc;

use rusum_fawry::{Config as FawryConfig, Fawry};
use rusum_kit::provider::Provider;
use secrecy::ExposeSecret;

use super::settings::ProviderSettings;

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// FawryPay's settings.
    #[error(transparent)]
    Fawry(#[from] rusum_fawry::ConfigError),
}

/// The providers that the settings name, in the order in which routing prefers them.
pub fn all(settings: &ProviderSettings) -> Result<Vec<Arc<dyn Provider>>, ProviderError> {
    let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
    if let Some(fawry) = &settings.fawry {
        providers.push(Arc::new(Fawry::try_new(FawryConfig {
            merchant_code: fawry.merchant_code.clone(),
            secure_key: fawry.secure_key.expose_secret().to_owned(),
            base_url: fawry.base_url.clone(),
        })?));
    }
    Ok(providers)
}
