using FsCheck;
using FsCheck.Fluent;
using Krewe.Core.Identity;
using Krewe.Core.Randomness;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Core.Tests.Routing.Prefix;

/// <summary>The index against the same in lists: per instance the words' prefixes in the order of their use.</summary>
public sealed class PrefixIndexProperties
{
    private const int Capacity = 12;
    private const int MaxEntries = 40;
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(60);

    private enum Kind
    {
        Learn,
        Fill,
        Forget,
    }

    private static readonly Gen<(Kind Kind, int Instance, int Epoch, string Word)> Steps =
        from kind in Gen.Frequency((8, Gen.Constant(Kind.Learn)), (1, Gen.Constant(Kind.Fill)), (1, Gen.Constant(Kind.Forget)))
        from instance in Gen.Choose(0, 4)
        from epoch in Gen.Frequency((9, Gen.Constant(1)), (1, Gen.Choose(1, 3)))
        from letters in Gen.Elements('a', 'a', 'b').ListOf()
        select (kind, instance, epoch, string.Concat(letters.Take(15)));

    [Fact]
    public void AnySequence_IsWhatListsSay() => Prop.ForAll(Steps.ListOf().ToArbitrary(), steps =>
    {
        var index = new PrefixIndex(MaxEntries);
        var model = new Dictionary<int, (int Epoch, List<string> Used)>();
        foreach (var (kind, instance, epoch, word) in steps)
        {
            var id = Views.Id($"i{instance}");
            switch (kind)
            {
                case Kind.Learn:
                    index.Learn(id, new Epoch(epoch), Capacity, Chains.Of(word));
                    break;
                case Kind.Fill:
                    index.Fill(new PrefixLesson(id, new Epoch(epoch), Chains.Of(word)), Capacity);
                    break;
                default:
                    index.Forget(id, new Epoch(epoch));
                    break;
            }

            Apply(model, kind, instance, epoch, word);
            Assert.Equal(model.Values.Sum(holder => holder.Used.Count), index.Count);
            foreach (var probe in new[] { word, word + "a", "aab", "abababab" })
            {
                foreach (var (known, (life, used)) in model)
                {
                    Assert.Equal(Has(used, probe), index.BlocksOf(Views.Id($"i{known}"), new Epoch(life), Chains.Of(probe)));
                }

                CheckMatch(index, model, probe);
            }
        }
    }).Check(Many);

    private static void CheckMatch(PrefixIndex index, Dictionary<int, (int Epoch, List<string> Used)> model, string probe)
    {
        var into = default(PrefixMatches);
        var count = index.Match(Chains.Of(probe), 8, new SeededRandom(7), ref into, out _);
        var expected = model.Select(holder => (Id: Views.Id($"i{holder.Key}"), holder.Value.Epoch, Has: Has(holder.Value.Used, probe))).Where(holder => holder.Has > 0).ToList();
        var levels = expected.GroupBy(holder => holder.Has).OrderByDescending(level => level.Key).ToList();
        Assert.Equal(levels.SelectMany(level => Enumerable.Repeat(level.Key, Math.Min(2, level.Count()))), Enumerable.Range(0, count).Select(i => into[i].Blocks));
        for (var i = 0; i < count; i++)
        {
            Assert.Contains((into[i].Instance, (int)into[i].Epoch.Value, into[i].Blocks), expected);
        }

        Assert.Equal(count, Enumerable.Range(0, count).Select(i => into[i].Instance).Distinct().Count());
    }

    private static int Has(List<string> used, string word) => Enumerable.Range(0, word.Length + 1).Last(length => length == 0 || used.Contains(word[..length]));

    private static void Apply(Dictionary<int, (int Epoch, List<string> Used)> model, Kind kind, int instance, int epoch, string word)
    {
        if (kind == Kind.Forget)
        {
            if (model.TryGetValue(instance, out var known) && known.Epoch <= epoch)
            {
                model.Remove(instance);
            }

            return;
        }

        if (kind == Kind.Learn && word.Length == 0)
        {
            return;
        }

        if (!model.TryGetValue(instance, out var holder) || holder.Epoch < epoch)
        {
            model[instance] = holder = (epoch, []);
        }
        else if (holder.Epoch > epoch)
        {
            return;
        }

        var limit = Math.Min(Capacity, MaxEntries / model.Count);
        foreach (var (_, used) in model.Values)
        {
            used.RemoveRange(0, Math.Max(0, used.Count - limit));
        }

        for (var length = Math.Min(word.Length, limit); length >= 1 && kind == Kind.Learn; length--)
        {
            var block = word[..length];
            if (!holder.Used.Remove(block) && holder.Used.Count == limit)
            {
                holder.Used.RemoveAt(0);
            }

            holder.Used.Add(block);
        }

        for (var length = 1; length <= word.Length && kind == Kind.Fill && holder.Used.Count < limit; length++)
        {
            if (!holder.Used.Contains(word[..length]))
            {
                holder.Used.Insert(0, word[..length]);
            }
        }
    }
}
