using System.Text;
using Krewe.Core.Identity;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Tests.Routing.Prefix;

public sealed class PrefixBlocksTests
{
    private static readonly ulong Root = PrefixBlocks.Root(new TenantId("acme"));

    [Fact]
    public void OfText_TwoTextsThatPart_AgreeInTheBlocksBeforeAndInNoneAfter()
    {
        var text = Text(5 * PrefixBlocks.BytesPerBlock);
        var other = (byte[])text.Clone();
        other[(2 * PrefixBlocks.BytesPerBlock) + 17] ^= 1;
        var (left, right) = (PrefixBlocks.OfText(Root, text), PrefixBlocks.OfText(Root, other));
        Assert.Equal(left[..2], right[..2]);
        Assert.Empty(left[2..].Intersect(right[2..]));
    }

    [Fact]
    public void OfText_AnyByteOfABlockChanged_ChangesItsHash()
    {
        var text = Text(PrefixBlocks.BytesPerBlock);
        var seen = new HashSet<ulong> { PrefixBlocks.OfText(Root, text)[0] };
        for (var i = 0; i < text.Length; i++)
        {
            text[i] ^= 0x20;
            Assert.True(seen.Add(PrefixBlocks.OfText(Root, text)[0]), $"byte {i}");
            text[i] ^= 0x20;
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(511, 0)]
    [InlineData(512, 1)]
    [InlineData(1023, 1)]
    [InlineData(3 * 512, 3)]
    [InlineData(2_000_000, PrefixBlocks.MaxBlocks)]
    public void OfText_AnyLength_HasItsFullBlocksUpToTheMost(int bytes, int blocks) => Assert.Equal(blocks, PrefixBlocks.OfText(Root, Text(bytes)).Length);

    [Fact]
    public void OfText_SameTextOfTwoTenants_HasNoBlockInCommon()
    {
        var text = Text(10 * PrefixBlocks.BytesPerBlock);
        var chains = new[] { TenantId.Anonymous, new TenantId("acme"), new TenantId("acmf") }.Select(tenant => PrefixBlocks.OfText(PrefixBlocks.Root(tenant), text)).ToArray();
        Assert.Equal(30, chains.SelectMany(chain => chain).Distinct().Count());
    }

    [Fact]
    public void Hashes_AreThoseOfEveryRelease()
    {
        // Silos of two releases work in one cluster: these values must stay.
        Assert.Equal(Golden.Root, PrefixBlocks.Root(new TenantId("acme")));
        Assert.Equal(Golden.Block, PrefixBlocks.OfText(1, Text(512))[0]);
        Assert.Equal(Golden.Odd, PrefixBlocks.Next(7, "odd length"u8));
    }

    private static byte[] Text(int bytes) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, (bytes / 4) + 1).Select(i => $"{i % 9973:D4}")))[..bytes];

    private static class Golden
    {
        public const ulong Root = 0x3249FD4E2399C14C;
        public const ulong Block = 0xB5C0F4A368C21EC3;
        public const ulong Odd = 0x51C0F17631B0F7C1;
    }
}
