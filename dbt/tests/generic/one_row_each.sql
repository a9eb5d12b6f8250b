{# The grain that a model states: no two rows share these columns, and none of them is empty. #}
{% test one_row_each(model, columns) %}
SELECT {{ columns | join(', ') }}, count(*) AS times
FROM {{ model }}
GROUP BY {{ columns | join(', ') }}
HAVING count(*) > 1 OR num_nulls({{ columns | join(', ') }}) > 0
{% endtest %}
