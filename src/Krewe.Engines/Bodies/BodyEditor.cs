using System.Runtime.CompilerServices;
using Krewe.Engines.Buffers;

namespace Krewe.Engines.Bodies;

/// <summary>
/// Changes to a client's body: fields taken out, values replaced, fields added at the end. Every byte that no change
/// touches is written as the client sent it. One change per field; a later one supersedes an earlier.
/// </summary>
public ref struct BodyEditor
{
    private readonly RequestBody _body;
    private Edits _edits;
    private bool _changed;
    private bool _strip;

    public BodyEditor(RequestBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        _body = body;
    }

    private enum EditKind
    {
        None,
        Remove,
        Json,
        Number,
    }

    /// <summary>Takes a field out; nothing if it is not there.</summary>
    public void Remove(BodyProperty property) => Apply(property, new Edit(EditKind.Remove, default, 0), _body.Contains(property));

    /// <summary>Gives a field this value (valid JSON), adding it if it is not there. The memory must live until the write.</summary>
    public void Set(BodyProperty property, ReadOnlyMemory<byte> json) => Apply(property, new Edit(EditKind.Json, json, 0), true);

    /// <summary>Gives a field this number, adding it if it is not there.</summary>
    public void Set(BodyProperty property, long number) => Apply(property, new Edit(EditKind.Number, default, number), true);

    /// <summary>
    /// Takes out what no client may set: transfer and bootstrap fields, request ids, ranks, cache salt, priority, and our own object. A
    /// value set afterwards stays.
    /// </summary>
    public void StripClientOnly()
    {
        Remove(BodyProperty.KvTransferParams);
        Remove(BodyProperty.CacheSalt);
        Remove(BodyProperty.Priority);
        Remove(BodyProperty.DisaggregatedParams);
        Remove(BodyProperty.Krewe);
        if (!_body.Bootstrap.IsEmpty)
        {
            _strip = true;
            _changed = true;
        }
    }

    /// <summary>The body with the changes: the client's own bytes where there are none, else written behind what <paramref name="output"/> holds.</summary>
    public readonly ReadOnlyMemory<byte> Write(PooledBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!_changed)
        {
            return _body.Utf8;
        }

        var start = output.Length;
        WriteChanged(output);
        return output.Memory[start..];
    }

    private readonly void WriteChanged(PooledBuffer output)
    {
        var source = _body.Utf8.Span;
        output.Reserve(source.Length + AddedBytes());

        // In the order of the body. 0.. = a property's index; beyond = a bootstrap field's.
        Span<int> order = stackalloc int[PropertySpans.Count + _body.Bootstrap.Length];
        order = order[..InOrder(order)];

        // A run is a stretch of whole segments between two that are taken out.
        var runStart = _body.OpenBrace + 1;
        var position = runStart;
        var needsComma = false;
        var inRun = false;
        output.Write(source[..runStart]);
        foreach (var index in order)
        {
            var span = SpanAt(index);
            var edit = index < PropertySpans.Count ? _edits[index] : new Edit(EditKind.Remove, default, 0);
            if (edit.Kind != EditKind.Remove)
            {
                BeginRun(output, needsComma, ref inRun);
                output.Write(source[position..span.ValueStart]);
                WriteValue(output, edit);
                position = span.ValueEnd;
                continue;
            }

            if (span.Start > runStart)
            {
                BeginRun(output, needsComma, ref inRun);
                output.Write(source[position..(span.Start - 1)]);
                needsComma = true;
            }

            inRun = false;
            runStart = span.End == _body.CloseBrace ? span.End : span.End + 1;
            position = runStart;
        }

        // Behind the last comma there is at least a property's name, so an empty rest means that the last one went.
        if (runStart < _body.CloseBrace)
        {
            BeginRun(output, needsComma, ref inRun);
            output.Write(source[position.._body.CloseBrace]);
            needsComma = _body.PropertyCount > 0;
        }

        WriteAdded(output, needsComma);
        output.Write(source[_body.CloseBrace..]);
    }

    private static void BeginRun(PooledBuffer output, bool needsComma, ref bool inRun)
    {
        if (!inRun && needsComma)
        {
            output.Write((byte)',');
        }

        inRun = true;
    }

    private readonly PropertySpan SpanAt(int index) =>
        index < PropertySpans.Count ? _body.Span((BodyProperty)index) : _body.Bootstrap[index - PropertySpans.Count];

    private readonly int InOrder(Span<int> order)
    {
        var count = 0;
        for (var i = 0; i < PropertySpans.Count; i++)
        {
            if (_edits[i].Kind != EditKind.None && _body.Contains((BodyProperty)i))
            {
                Insert(order, count++, i);
            }
        }

        for (var i = 0; _strip && i < _body.Bootstrap.Length; i++)
        {
            Insert(order, count++, PropertySpans.Count + i);
        }

        return count;
    }

    private readonly void Insert(Span<int> order, int count, int index)
    {
        var start = SpanAt(index).Start;
        var at = count;
        while (at > 0 && SpanAt(order[at - 1]).Start > start)
        {
            order[at] = order[at - 1];
            at--;
        }

        order[at] = index;
    }

    private readonly void WriteAdded(PooledBuffer output, bool needsComma)
    {
        for (var i = 0; i < PropertySpans.Count; i++)
        {
            if (_edits[i].Kind is not (EditKind.Json or EditKind.Number) || _body.Contains((BodyProperty)i))
            {
                continue;
            }

            if (needsComma)
            {
                output.Write((byte)',');
            }

            needsComma = true;
            output.Write((byte)'"');
            output.Write(KnownNames.Utf8((BodyProperty)i));
            output.Write("\":"u8);
            WriteValue(output, _edits[i]);
        }
    }

    private static void WriteValue(PooledBuffer output, in Edit edit)
    {
        if (edit.Kind == EditKind.Json)
        {
            output.Write(edit.Json.Span);
            return;
        }

        var span = output.GetSpan(20);
        edit.Number.TryFormat(span, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private readonly int AddedBytes()
    {
        var bytes = 0;
        for (var i = 0; i < PropertySpans.Count; i++)
        {
            bytes += _edits[i].Kind is EditKind.Json or EditKind.Number ? _edits[i].Json.Length + KnownNames.MaxLength + 24 : 0;
        }

        return bytes;
    }

    private void Apply(BodyProperty property, Edit edit, bool changes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)property, (uint)PropertySpans.Count, nameof(property));
        _edits[(int)property] = edit;
        _changed |= changes;
    }

    private readonly record struct Edit(EditKind Kind, ReadOnlyMemory<byte> Json, long Number);

    [InlineArray(PropertySpans.Count)]
    private struct Edits
    {
        private Edit _first;
    }
}
