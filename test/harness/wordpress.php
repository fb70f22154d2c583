<?php
// Runs the WordPress plug-in: the functions of WordPress that it calls, on files. Requests are those of WordPress 6 with its
// fsockopen transport: HTTP/1.1, `Connection: close`, the body as it is.
//   usage: php wordpress.php PLUG-IN SERVER PHOTO FOLDER
[, $plugin, $server, $photo, $folder] = $argv;
define('ABSPATH', "$folder/");
define('REMOVEBG_BD_SERVER', $server);

class WP_Post { public function __construct(public int $ID) {} }
class WP_Error {
    public function __construct(private string $code, private string $message) {}
    public function get_error_code(): string { return $this->code; }
    public function get_error_message(): string { return $this->message; }
}

function is_wp_error(mixed $value): bool { return $value instanceof WP_Error; }
function add_filter(string $name, callable $filter, int $priority = 10, int $count = 1): void { $GLOBALS['hooks'][$name] = $filter; }
function add_action(string $name, callable $action): void { $GLOBALS['hooks'][$name] = $action; }
function wp_generate_password(int $length): string { return substr(bin2hex(random_bytes($length)), 0, $length); }
function wp_remote_post(string $url, array $args): array|WP_Error {
    $headers = ['User-Agent' => 'WordPress/6.8; https://shop.example', 'Accept' => '*/*', 'Connection' => 'close'];
    $lines = [];
    foreach ($args['headers'] + $headers as $name => $value) $lines[] = "$name: $value";
    $http = ['method' => 'POST', 'protocol_version' => 1.1, 'header' => $lines, 'content' => $args['body']];
    $context = stream_context_create(['http' => $http + ['timeout' => $args['timeout'], 'ignore_errors' => true]]);
    $body = @file_get_contents($url, false, $context);
    if ($body === false) return new WP_Error('http_request_failed', error_get_last()['message']);
    return ['body' => $body, 'response' => ['code' => (int) explode(' ', $http_response_header[0])[1]]];
}
function wp_remote_retrieve_body(array $response): string { return $response['body']; }
function wp_remote_retrieve_response_code(array $response): int { return $response['response']['code']; }
function wp_get_original_image_path(int $id): string|false { return false; }
function get_attached_file(int $id): string { return $GLOBALS['photo']; }
function get_the_title(int $id): string { return 'Photo'; }
function wp_upload_bits(string $name, ?string $deprecated, string $bits): array {
    file_put_contents(ABSPATH . $name, $bits);
    return ['file' => ABSPATH . $name, 'error' => false];
}
function wp_insert_attachment(array $post, string $file, int $parent, bool $wpError): int { return 8; }
function wp_generate_attachment_metadata(int $id, string $file): array { return []; }
function wp_update_attachment_metadata(int $id, array $metadata): void { echo "attachment $id\n"; }

mkdir(ABSPATH . 'wp-admin/includes', 0777, true);
file_put_contents(ABSPATH . 'wp-admin/includes/image.php', '<?php');
require $plugin;
$added = removebg_bd_add(7);
if (is_wp_error($added)) echo $added->get_error_code(), ': ', $added->get_error_message(), "\n";
echo implode(' ', array_keys($hooks)), "\n";
