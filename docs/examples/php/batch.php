<?php
// A batch: add photos one by one and fetch results as they finish.
//   usage: php batch.php photo.jpg … cutouts/
$api = getenv('API') ?: 'http://localhost:3000';
$photos = array_slice($argv, 1);
$out = array_pop($photos);
$failed = 0;
if (!is_dir($out)) mkdir($out, recursive: true);

/** Prints the reason of the service. Returns the exit status of a failure. */
function refused(string $body): int {
    $problem = json_decode($body);
    fwrite(STDERR, trim("$problem->title " . ($problem->detail ?? '')) . "\n");
    return 1;
}

function call(string $method, string $url, string $auth, string $content = ''): array {
    $header = "$auth\r\nContent-Type: application/octet-stream";
    $http = compact('method', 'header', 'content') + ['ignore_errors' => true, 'timeout' => 90];
    $body = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($body === false) exit(1);
    $headers = [];
    foreach (array_slice($http_response_header, 1) as $line) {
        [$name, $value] = explode(': ', $line, 2) + ['', ''];
        $headers[strtolower($name)] = $value;
    }
    return [(int) explode(' ', $http_response_header[0])[1], $body, $headers];
}

[$status, $body] = call('POST', "$api/v1/batches", '');
if ($status !== 201) exit(refused($body));
$opened = json_decode($body);
$batch = "$api/v1/batches/$opened->id";
$auth = "Authorization: Bearer $opened->token";

/** Fetches the next finished image. Returns false when there are no more. */
function fetch(): bool {
    global $batch, $auth, $out;
    [$status, $body, $headers] = call('GET', "$batch/results?wait=30", $auth);
    if ($status === 204) return $headers['x-batch-status'] !== 'complete';
    if ($status !== 200) exit(refused($body));
    $name = basename(rawurldecode($headers['x-custom-id']));
    return file_put_contents("$out/$name.png", $body) !== false;
}

foreach ($photos as $photo) {
    $name = rawurlencode(pathinfo($photo, PATHINFO_FILENAME));
    do {
        [$status, $body] = call('POST', "$batch/jobs?custom_id=$name", $auth, file_get_contents($photo));
        if ($status === 429) fetch(); // the limit of images in flight is reached: fetch one, then retry
    } while ($status === 429);
    if ($status >= 400) $failed = refused($body);
}
call('POST', "$batch/close", $auth);
while (fetch());
exit($failed);
