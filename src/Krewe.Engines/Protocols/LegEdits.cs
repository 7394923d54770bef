using Krewe.Engines.Bodies;

namespace Krewe.Engines.Protocols;

/// <summary>The edits that legs of all protocols share.</summary>
internal static class LegEdits
{
    private static readonly byte[] True = "true"u8.ToArray();

    /// <summary>Takes out what no client may set.</summary>
    public static BodyEditor Begin(RequestBody body)
    {
        var editor = new BodyEditor(body);
        editor.StripClientOnly();
        return editor;
    }

    /// <summary>What a leg that streams is asked to tell.</summary>
    public static void SetStream(ref BodyEditor editor, in LegValues values)
    {
        if (values.TokenIds)
        {
            editor.Set(BodyProperty.ReturnTokenIds, True);
        }

        if (!values.StreamOptions.IsEmpty)
        {
            editor.Set(BodyProperty.StreamOptions, values.StreamOptions);
        }
    }
}
