{{ split_report(1) }}
