#!/usr/bin/env python3
# GIMP 3: Filters > Remove Background (Removebg BD): the subject as a new layer, or as a mask of the layer.
#   Copy the folder "removebg-bd" to the plug-ins folder that Preferences > Folders names, and restart GIMP.
#   The API key, if the service needs one, is read from REMOVEBG_KEY in the environment.
import json, os, sys, tempfile
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

try:
    import gi

    gi.require_version("Gimp", "3.0")
    gi.require_version("GimpUi", "3.0")
    from gi.repository import Gimp, GimpUi, Gio, GLib, GObject
except (ImportError, ValueError):
    Gimp = None  # outside of GIMP

SERVER = os.environ.get("REMOVEBG_SERVER", "http://127.0.0.1:3000")
NAME = "removebg-bd-remove-background"


def cut_out(image, server, **options):
    """The result for the bytes of an image. Raises RuntimeError with the reason if there is none."""
    headers = {"Content-Type": "application/octet-stream"}
    if os.environ.get("REMOVEBG_KEY"):
        headers["X-Api-Key"] = os.environ["REMOVEBG_KEY"]
    address = server.rstrip("/") + "/api/remove-bg?" + urlencode(options)
    try:
        with urlopen(Request(address, data=image, headers=headers), timeout=300) as response:
            return response.read()
    except HTTPError as refusal:
        try:
            problem = json.load(refusal)
        except ValueError:
            raise RuntimeError("%s: %s" % (server, refusal)) from None
        raise RuntimeError((problem["title"] + " " + problem.get("detail", "")).strip()) from None
    except URLError as fault:
        raise RuntimeError("%s: %s" % (server, fault.reason)) from None


if Gimp:

    def png_of(drawable):
        """The pixels of one layer as PNG. GIMP writes files only: this one is in a private folder and deleted at once."""
        alone = Gimp.Image.new(drawable.get_width(), drawable.get_height(), drawable.get_image().get_base_type())
        copy = Gimp.Layer.new_from_drawable(drawable, alone)
        alone.insert_layer(copy, None, 0)
        copy.set_offsets(0, 0)
        copy.set_visible(True)
        copy.set_opacity(100)
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "layer.png")
                Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, alone, Gio.File.new_for_path(path), None)
                with open(path, "rb") as file:
                    return file.read()
        finally:
            alone.delete()

    def insert(image, png, above):
        """A new layer of this PNG, where the other layer is."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.png")
            with open(path, "wb") as file:
                file.write(png)
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path))
        layer.set_name(above.get_name() + " (subject)")
        image.insert_layer(layer, above.get_parent(), image.get_item_position(above))
        _, left, top = above.get_offsets()
        layer.set_offsets(left, top)
        return layer

    def turn_into_mask(image, subject, layer):
        """The opacity of the new layer becomes the mask of the other one. The selection stays as it was."""
        selection = Gimp.Selection.save(image)
        image.select_item(Gimp.ChannelOps.REPLACE, subject)
        if layer.get_mask() is not None:
            layer.remove_mask(Gimp.MaskApplyMode.DISCARD)
        layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
        image.select_item(Gimp.ChannelOps.REPLACE, selection)
        image.remove_channel(selection)
        image.remove_layer(subject)

    class RemoveBackground(Gimp.PlugIn):
        def do_set_i18n(self, name):
            return False

        def do_query_procedures(self):
            return [NAME]

        def do_create_procedure(self, name):
            procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self.run, None)
            procedure.set_image_types("RGB*, GRAY*")
            procedure.set_menu_label("Remove Background (Removebg BD)...")
            procedure.add_menu_path("<Image>/Filters")
            procedure.set_documentation("Removes the background of a layer with a Removebg BD service", None, name)
            procedure.set_attribution("Removebg BD", "Removebg BD", "2026")
            flags = GObject.ParamFlags.READWRITE
            procedure.add_string_argument("server", "Address of the service", None, SERVER, flags)
            procedure.add_boolean_argument("as-mask", "As a mask of the layer", None, False, flags)
            return procedure

        def run(self, procedure, run_mode, image, drawables, config, data):
            if run_mode == Gimp.RunMode.INTERACTIVE:
                GimpUi.init(NAME)
                dialog = GimpUi.ProcedureDialog.new(procedure, config, "Remove Background")
                dialog.fill(None)
                if not dialog.run():
                    return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
                dialog.destroy()
            try:
                if len(drawables) != 1 or not isinstance(drawables[0], Gimp.Layer):
                    raise RuntimeError("Select one layer")
                Gimp.progress_init("Removing the background")
                result = cut_out(png_of(drawables[0]), config.get_property("server"), format="png")
                image.undo_group_start()
                subject = insert(image, result, drawables[0])
                if config.get_property("as-mask"):
                    turn_into_mask(image, subject, drawables[0])
                image.undo_group_end()
            except RuntimeError as problem:
                error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), str(problem), 0)
                return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)
            Gimp.displays_flush()
            return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)

    Gimp.main(RemoveBackground.__gtype__, sys.argv)
