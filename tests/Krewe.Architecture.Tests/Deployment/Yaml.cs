using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Krewe.Architecture.Tests.Deployment;

/// <summary>YAML documents as plain mappings, lists and texts, with aliases and merges resolved; looked into by paths.</summary>
internal sealed class Yaml(object? value)
{
    public static Yaml None { get; } = new(null);

    public bool Exists => value is not null;

    public string Text => value as string ?? "";

    public IEnumerable<Yaml> Items => value is IEnumerable<object?> list ? list.Select(item => new Yaml(item)) : [];

    public IEnumerable<(string Key, Yaml Value)> Entries =>
        value is IDictionary<object, object?> map ? map.Select(entry => ((string)entry.Key, new Yaml(entry.Value))) : [];

    public IEnumerable<string> Texts => Items.Select(item => item.Text);

    /// <summary>What is at a path of keys, parted by slashes; nothing where there is none.</summary>
    public Yaml this[string path] => path.Split('/').Aggregate(this, static (at, key) => at.Get(key));

    /// <summary>Every document of a file. Fails where it is no YAML, or a mapping names a key twice.</summary>
    public static List<Yaml> Read(string file)
    {
        using var reader = File.OpenText(file);
        var parser = new Parser(reader);
        var deserializer = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        var documents = new List<Yaml>();
        parser.Consume<StreamStart>();
        while (!parser.Accept<StreamEnd>(out _))
        {
            documents.Add(new Yaml(Merge(deserializer.Deserialize<object>(parser))));
        }

        return documents;
    }

    /// <summary>This and everything within.</summary>
    public IEnumerable<Yaml> All() => Entries.Select(entry => entry.Value).Concat(Items).SelectMany(inner => inner.All()).Prepend(this);

    public override string ToString() => Text;

    /// <summary>Puts what <c>&lt;&lt;</c> names behind a mapping's own keys.</summary>
    private static object? Merge(object? value)
    {
        if (value is IDictionary<object, object?> map)
        {
            var own = map.Where(entry => entry.Key is not "<<").ToDictionary(entry => entry.Key, entry => Merge(entry.Value));
            if (map.TryGetValue("<<", out var merged) && Merge(merged) is IDictionary<object, object?> more)
            {
                foreach (var (key, one) in more)
                {
                    own.TryAdd(key, one);
                }
            }

            return own;
        }

        return value is IEnumerable<object?> list ? list.Select(Merge).ToList() : value;
    }

    private Yaml Get(string key) => value is IDictionary<object, object?> map && map.TryGetValue(key, out var found) ? new Yaml(found) : None;
}
