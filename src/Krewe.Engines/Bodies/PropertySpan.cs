using System.Runtime.CompilerServices;

namespace Krewe.Engines.Bodies;

/// <summary>
/// Where a top-level property stands. Its segment is everything between the delimiters around it, so that taking out
/// a segment and one comma leaves valid JSON with every other byte as it was.
/// </summary>
/// <param name="Start">First byte after the opening brace or the comma before.</param>
/// <param name="ValueStart">First byte of the value.</param>
/// <param name="ValueEnd">One past the value.</param>
/// <param name="End">The comma or the closing brace behind.</param>
internal readonly record struct PropertySpan(int Start, int ValueStart, int ValueEnd, int End)
{
    public bool IsPresent => End > 0;
}

/// <summary>One span per <see cref="BodyProperty"/>.</summary>
[InlineArray(Count)]
internal struct PropertySpans
{
    public const int Count = (int)BodyProperty.Krewe + 1;

    private PropertySpan _first;
}
