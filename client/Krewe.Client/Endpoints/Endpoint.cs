namespace Krewe.Client.Endpoints;

/// <summary>One endpoint. Its state is its set's.</summary>
internal sealed class Endpoint(Uri uri)
{
    private readonly Uri _base = new(uri.GetLeftPart(UriPartial.Authority) + "/");

    public int Failures { get; set; }

    /// <summary>Time stamp until which others are preferred.</summary>
    public long AsideUntil { get; set; }

    public Uri At(string path) => new(_base, path);

    public override string ToString() => _base.ToString();
}
