using System.Runtime.CompilerServices;

namespace Krewe.Engines.Http;

/// <summary>The URLs of one engine, made once per registered URL instead of once per request.</summary>
internal sealed class EngineTarget
{
    private static readonly ConditionalWeakTable<Uri, EngineTarget> Targets = [];

    // A handful of constant paths; immutable arrays swapped whole.
    private (string Path, Uri Url)[] _urls = [];
    private readonly string _base;

    private EngineTarget(Uri engine) => _base = engine.AbsoluteUri.TrimEnd('/');

    public static Uri Url(Uri engine, string path) => Targets.GetValue(engine, static uri => new EngineTarget(uri)).For(path);

    private Uri For(string path)
    {
        foreach (var (known, url) in _urls)
        {
            if (ReferenceEquals(known, path) || known == path)
            {
                return url;
            }
        }

        var made = new Uri(_base + path);
        if (_urls.Length < 16)
        {
            // A lost race costs one more Uri later.
            _urls = [.. _urls, (path, made)];
        }

        return made;
    }
}
