SELECT
    tenant_id,
    message_id,
    xmin AS written_by
FROM {{ source('liftline', 'sends') }}
