using Krewe.Engines.Bodies;

namespace Krewe.Engines.Protocols;

/// <summary>The edits that legs of all protocols share.</summary>
internal static class LegEdits
{
    /// <summary>Takes out what no client may set.</summary>
    public static BodyEditor Begin(RequestBody body)
    {
        var editor = new BodyEditor(body);
        editor.StripClientOnly();
        return editor;
    }

    public static void SetStreamOptions(ref BodyEditor editor, in LegValues values)
    {
        if (!values.StreamOptions.IsEmpty)
        {
            editor.Set(BodyProperty.StreamOptions, values.StreamOptions);
        }
    }
}
