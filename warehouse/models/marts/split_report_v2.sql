{{ split_report(2) }}
