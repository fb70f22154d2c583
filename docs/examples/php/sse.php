<?php
// Follow the events of a job, then fetch its result. PHP 8, no extensions.
//   usage: php sse.php photo.jpg cutout.png
$api = getenv('API') ?: 'http://localhost:3000';
[, $photo, $cutout] = $argv;

function open(string $url, array $http) {
    // HTTP/1.0: events arrive as they are sent. PHP buffers chunked responses.
    $http += ['ignore_errors' => true, 'timeout' => 90, 'protocol_version' => 1.0];
    $response = fopen($url, 'r', false, stream_context_create(['http' => $http]));
    if ($response === false) exit(1);
    [, $status] = explode(' ', stream_get_meta_data($response)['wrapper_data'][0]);
    if ($status < 400) return $response;
    $problem = json_decode(stream_get_contents($response));
    fwrite(STDERR, trim("$problem->title " . ($problem->detail ?? '')) . "\n");
    exit(1);
}

$job = json_decode(stream_get_contents(open("$api/v1/jobs", [
    'method' => 'POST',
    'header' => 'Content-Type: application/octet-stream',
    'content' => file_get_contents($photo),
])));
$auth = ['header' => "Authorization: Bearer $job->token"];

$events = open("$api/v1/jobs/$job->id/events", $auth);
while (($line = fgets($events)) !== false) {
    if (str_starts_with($line, 'event: ')) $event = trim(substr($line, 7));
    if (!str_starts_with($line, 'data: ')) continue;
    fwrite(STDERR, $event . ' ' . substr($line, 6));
    if ($event === 'failed') exit(1);
    if ($event === 'done') break;
}
file_put_contents($cutout, open("$api/v1/jobs/$job->id/result", $auth));
