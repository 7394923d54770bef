using Krewe.Core.Instances;

namespace Krewe.Core.Tests.Instances;

public sealed class EngineUrlTests
{
    [Theory]
    [InlineData("http://127.0.0.1:9001")]
    [InlineData("http://127.0.0.1:9001/")]
    [InlineData("https://engine-1.example/prefix/v2")]
    [InlineData("http://[::1]:8000")]
    [InlineData("HTTP://HOST")]
    public void Absolute_http_urls_are_taken(string text)
    {
        Assert.True(EngineUrl.TryParse(text, out var url));
        Assert.Equal(new Uri(text), url);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" http://host")]
    [InlineData("http://host ")]
    [InlineData("host:8000")]
    [InlineData("/v1")]
    [InlineData("//host/v1")]
    [InlineData("ftp://host")]
    [InlineData("file:///etc/passwd")]
    [InlineData("unix:///run/engine.sock")]
    [InlineData("http://")]
    [InlineData("http:///path")]
    [InlineData("http://host:0")]
    [InlineData("http://host:65536")]
    [InlineData("http://user@host")]
    [InlineData("http://user:secret@host")]
    [InlineData("http://host?a=b")]
    [InlineData("http://host/?")]
    [InlineData("http://host#f")]
    [InlineData("http://host/#")]
    [InlineData("http:\\\\host")]
    [InlineData("http://host/\u0000")]
    [InlineData("http://hö.st")]
    public void Anything_else_is_not(string? text)
    {
        Assert.False(EngineUrl.TryParse(text, out var url));
        Assert.Null(url);
    }

    [Fact]
    public void The_longest_url_is_taken_and_no_longer_one()
    {
        const string Start = "http://host/";
        Assert.True(EngineUrl.TryParse(Start + new string('a', EngineUrl.MaxLength - Start.Length), out _));
        Assert.False(EngineUrl.TryParse(Start + new string('a', EngineUrl.MaxLength - Start.Length + 1), out _));
    }
}
