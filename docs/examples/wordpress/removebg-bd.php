<?php
/**
 * Plugin Name: Removebg BD
 * Description: "Remove background" for each image of the media library. The cut-out is added as a new image.
 * Version: 1.0
 * License: Apache-2.0
 *
 * Copy this file to wp-content/plugins, activate it, and add to wp-config.php:
 *   define('REMOVEBG_BD_SERVER', 'https://cutouts.example.com');
 *   define('REMOVEBG_BD_KEY', 'rb_...'); // if the service needs a key
 */
defined('ABSPATH') || exit;

/** The result for an image file as bytes, or the reason why there is none. Options are those of the service. */
function removebg_bd_cut_out(string $path, array $options = []): string|WP_Error {
    $image = file_get_contents($path);
    if ($image === false) return new WP_Error('removebg_bd_file', 'The file cannot be read.');
    $boundary = 'removebg-' . wp_generate_password(24, false);
    $body = '';
    foreach ($options as $name => $value) {
        $body .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n$value\r\n";
    }
    $body .= "--$boundary\r\nContent-Disposition: form-data; name=\"image\"; filename=\"image\"\r\n"
        . "Content-Type: application/octet-stream\r\n\r\n$image\r\n--$boundary--\r\n";
    $headers = ['Content-Type' => "multipart/form-data; boundary=$boundary"];
    if (defined('REMOVEBG_BD_KEY')) $headers['X-Api-Key'] = REMOVEBG_BD_KEY;
    // The default timeout of WordPress is 5 seconds.
    $response = wp_remote_post(rtrim(REMOVEBG_BD_SERVER, '/') . '/api/remove-bg', [
        'timeout' => 120,
        'headers' => $headers,
        'body' => $body,
    ]);
    if (is_wp_error($response)) return $response;
    $answer = wp_remote_retrieve_body($response);
    if (wp_remote_retrieve_response_code($response) === 200) return $answer;
    $problem = json_decode($answer);
    $reason = trim(($problem->title ?? 'The service failed') . ' ' . ($problem->detail ?? ''));
    return new WP_Error($problem->code ?? 'removebg_bd_failed', $reason);
}

/** Adds the cut-out of an image of the media library as a new one. Returns its id, or the reason of a failure. */
function removebg_bd_add(int $id): int|WP_Error {
    $path = wp_get_original_image_path($id) ?: get_attached_file($id);
    $cutout = removebg_bd_cut_out((string) $path, ['format' => 'png']);
    if (is_wp_error($cutout)) return $cutout;
    $name = pathinfo((string) $path, PATHINFO_FILENAME) . '-cutout.png';
    $saved = wp_upload_bits($name, null, $cutout);
    if (!empty($saved['error'])) return new WP_Error('removebg_bd_file', $saved['error']);
    $added = wp_insert_attachment(
        ['post_mime_type' => 'image/png', 'post_title' => get_the_title($id), 'post_status' => 'inherit'],
        $saved['file'],
        0,
        true
    );
    if (is_wp_error($added)) return $added;
    require_once ABSPATH . 'wp-admin/includes/image.php';
    wp_update_attachment_metadata($added, wp_generate_attachment_metadata($added, $saved['file']));
    return $added;
}

add_filter('media_row_actions', function (array $actions, WP_Post $post): array {
    if (!wp_attachment_is_image($post->ID) || !current_user_can('upload_files')) return $actions;
    $address = admin_url("admin-post.php?action=removebg_bd&id=$post->ID");
    $actions['removebg_bd'] = sprintf(
        '<a href="%s">Remove background</a>',
        esc_url(wp_nonce_url($address, "removebg_bd_$post->ID"))
    );
    return $actions;
}, 10, 2);

add_action('admin_post_removebg_bd', function (): void {
    $id = absint($_GET['id'] ?? 0);
    check_admin_referer("removebg_bd_$id");
    if (!current_user_can('upload_files') || !current_user_can('edit_post', $id)) wp_die('Not allowed.', 403);
    $added = removebg_bd_add($id);
    if (is_wp_error($added)) wp_die(esc_html($added->get_error_message()), 502, ['back_link' => true]);
    wp_safe_redirect(admin_url("upload.php?item=$added"));
    exit;
});
