<?php
// Submit, then ask for the result: the answer comes when there is something to say.
//   usage: php long-poll.php photo.jpg cutout.png
$api = getenv('API') ?: 'http://localhost:3000';
[, $photo, $cutout] = $argv;

function call(string $url, array $http): array {
    $http += ['ignore_errors' => true, 'timeout' => 90];
    $body = file_get_contents($url, false, stream_context_create(['http' => $http]));
    return [(int) explode(' ', $http_response_header[0])[1], $body];
}

[, $body] = call("$api/v1/jobs", [
    'method' => 'POST',
    'header' => 'Content-Type: application/octet-stream',
    'content' => file_get_contents($photo),
]);
$job = json_decode($body);
if (!isset($job->token)) exit("$job->title\n");

do {
    [$status, $body] = call("$api/v1/jobs/$job->id/result?wait=30", [
        'header' => "Authorization: Bearer $job->token",
    ]);
} while ($status === 202); // not yet: ask again

if ($status !== 200) exit(json_decode($body)->title . "\n");
file_put_contents($cutout, $body);
