using System.Text.RegularExpressions;

namespace Krewe.Architecture.Tests.Deployment;

/// <summary>Images have versions, and one place each where an operator pins them by digest.</summary>
public sealed partial class ImageTests
{
    private static readonly Dictionary<string, Yaml> Pins = Yaml.Read(Path.Combine(DeployFolder.Root, "kubernetes", "kustomization.yaml"))[0]["images"].Items
        .ToDictionary(pin => pin["name"].Text);

    private static readonly List<string> Manifests =
        [.. DeployFolder.Kubernetes.SelectMany(document => document.All()).Select(one => one["image"].Text).Where(image => image.Length > 0)];

    private static readonly List<string> Compose =
        [.. Yaml.Read(Path.Combine(DeployFolder.Root, "compose", "compose.yaml"))[0]["services"].Entries.Select(service => service.Value["image"].Text)];

    private static readonly string Dockerfile = DeployFolder.Read("container/Dockerfile");

    [Fact]
    public void Every_image_has_a_version()
    {
        var bases = BaseImage().Matches(Dockerfile).Select(match => match.Groups[2].Value).ToList();
        var images = Manifests.Concat(Compose.Select(Default)).Concat(bases).Concat(BuiltImage().Matches(Dockerfile).Select(match => match.Groups[1].Value)).Distinct().ToList();
        Assert.True(images.Count >= 7, string.Join(' ', images));
        Assert.All(images, image => Assert.True(Versioned().IsMatch(image), image));
    }

    [Fact]
    public void Nothing_is_taken_as_the_latest() =>
        Assert.All(
            DeployFolder.Files("*").Where(file => !file.EndsWith(".md", StringComparison.Ordinal)),
            file => Assert.False(Latest().IsMatch(File.ReadAllText(file)), Repository.Relative(file)));

    [Fact]
    public void Every_image_of_the_manifests_has_a_place_for_its_digest_that_tells_the_same_version()
    {
        Assert.Equal(Manifests.Select(Name).Distinct().Order(StringComparer.Ordinal), Pins.Keys.Order(StringComparer.Ordinal));
        Assert.All(Manifests, image =>
        {
            var pin = Pins[Name(image)];
            Assert.True(pin["newTag"].Text == image[(Name(image).Length + 1)..] || Digest().IsMatch(pin["digest"].Text), image);
        });
    }

    [Fact]
    public void Every_image_of_compose_and_each_base_that_is_not_ours_can_be_given_by_digest()
    {
        Assert.All(Compose.Where(image => !image.StartsWith("krewe/", StringComparison.Ordinal)), image => Assert.Matches(@"^\$\{[A-Z]+_IMAGE:-\S+\}$", image));
        var named = BaseImage().Matches(Dockerfile).Select(match => "$" + match.Groups[1].Value).Concat(Stage().Matches(Dockerfile).Select(match => match.Groups[2].Value)).ToList();
        Assert.Equal(4, Stage().Count(Dockerfile));
        Assert.All(Stage().Matches(Dockerfile), stage => Assert.Contains(stage.Groups[1].Value, named));
    }

    [Theory]
    [InlineData("redis", false)]
    [InlineData("redis:latest", false)]
    [InlineData("redis:alpine", false)]
    [InlineData("host:5000/redis", false)]
    [InlineData("redis:7.4-alpine", true)]
    [InlineData("host:5000/redis:v7@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    public void A_version_is_told_from_what_is_none(string image, bool isVersion) => Assert.Equal(isVersion, Versioned().IsMatch(image));

    private static string Name(string image) => image[..image.LastIndexOf(':')];

    /// <summary>What stands in <c>${NAME:-…}</c>, or the text itself.</summary>
    private static string Default(string image) => DefaultOf().Match(image) is { Success: true } match ? match.Groups[1].Value : image;

    [GeneratedRegex(@"^[^\s@]+:v?\d[^\s/@:]*(@sha256:[0-9a-f]{64})?$")]
    private static partial Regex Versioned();

    [GeneratedRegex(@":latest\b")]
    private static partial Regex Latest();

    [GeneratedRegex("^sha256:[0-9a-f]{64}$")]
    private static partial Regex Digest();

    [GeneratedRegex(@"^\$\{[A-Z_]+:-(\S+)\}$")]
    private static partial Regex DefaultOf();

    [GeneratedRegex(@"^ARG ([A-Z]+)=(\S+)$", RegexOptions.Multiline)]
    private static partial Regex BaseImage();

    [GeneratedRegex(@"^FROM (\S+) AS (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Stage();

    [GeneratedRegex(@" -t (\S+) ")]
    private static partial Regex BuiltImage();
}
