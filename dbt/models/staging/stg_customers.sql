SELECT
    tenant_id,
    customer_id,
    nullif(lower(split_part(email, '@', 2)), '') AS email_domain,
    account_id,
    country,
    locale,
    signup_date
FROM {{ source('liftline', 'customers') }}
