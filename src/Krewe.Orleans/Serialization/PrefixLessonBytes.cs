using Krewe.Core.Identity;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Orleans.Serialization;

/// <summary>
/// Prefix lessons as one run of bytes: eight a block where the serializer's own arrays take ten and more, and a type that
/// a release without them knows how to skip. Version 1: per lesson pool, name, epoch, number of blocks, blocks; little-endian.
/// </summary>
internal static class PrefixLessonBytes
{
    private const byte Version = 1;

    /// <summary>Null where there are none.</summary>
    public static byte[]? Write(IReadOnlyList<PrefixLesson> lessons)
    {
        if (lessons.Count == 0)
        {
            return null;
        }

        using var stream = new MemoryStream(lessons.Sum(lesson => (lesson.Blocks.Length * sizeof(ulong)) + 64));
        using var writer = new BinaryWriter(stream);
        writer.Write(Version);
        writer.Write(lessons.Count);
        foreach (var lesson in lessons)
        {
            writer.Write(lesson.Instance.Pool.Value);
            writer.Write(lesson.Instance.Name.Value);
            writer.Write(lesson.Epoch.Value);
            writer.Write(lesson.Blocks.Length);
            foreach (var block in lesson.Blocks.Span)
            {
                writer.Write(block);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Empty where there are none, and for what a later release writes otherwise: prompts are then taken for not cached.</summary>
    public static PrefixLesson[] Read(byte[]? bytes)
    {
        if (bytes is null || bytes.Length == 0 || bytes[0] != Version)
        {
            return [];
        }

        using var reader = new BinaryReader(new MemoryStream(bytes, 1, bytes.Length - 1));
        var lessons = new PrefixLesson[Bounded(reader.ReadInt32(), bytes.Length)];
        for (var i = 0; i < lessons.Length; i++)
        {
            var instance = new InstanceId(new PoolName(reader.ReadString()), new InstanceName(reader.ReadString()));
            var epoch = new Epoch(reader.ReadInt64());
            var blocks = new ulong[Bounded(reader.ReadInt32(), bytes.Length / sizeof(ulong))];
            for (var at = 0; at < blocks.Length; at++)
            {
                blocks[at] = reader.ReadUInt64();
            }

            lessons[i] = new PrefixLesson(instance, epoch, blocks);
        }

        return lessons;
    }

    private static int Bounded(int count, int most) => count >= 0 && count <= most ? count : throw new FormatException("Prefix lessons name more than they hold.");
}
