using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Gateway.Metrics;

namespace Krewe.Gateway.Tests.Metrics;

public sealed class PrometheusExpositionTests : IDisposable
{
    private readonly Meter _meter = new("Krewe.Test." + Guid.NewGuid());

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Counters_sum_up_by_their_labels_and_end_in_total()
    {
        using var exposition = Expose();
        var counter = _meter.CreateCounter<long>("krewe.requests", "{request}", "Requests that ended.");
        counter.Add(2, Tag("pool", "a"), Tag("outcome", "completed"));
        counter.Add(3, Tag("pool", "a"), Tag("outcome", "completed"));
        counter.Add(1, Tag("outcome", "completed"), Tag("pool", "b"));
        counter.Add(1, Tag("pool", "b"), Tag("outcome", "completed"));
        counter.Add(5);

        var family = Scrape(exposition)["krewe_requests_total"];

        Assert.Equal(("counter", "Requests that ended."), (family.Type, family.Help));
        Assert.Equal(3, family.Samples.Count);
        Assert.Equal(5, family.Samples.Single(sample => sample["pool"] == "a").Value);
        Assert.Equal(2, family.Samples.Single(sample => sample["pool"] == "b").Value);
        Assert.Equal(5, family.Samples.Single(sample => sample.Labels.Count == 0).Value);
    }

    [Fact]
    public void Up_down_counters_are_gauges_that_come_back_to_exactly_zero()
    {
        using var exposition = Expose();
        var running = _meter.CreateUpDownCounter<long>("krewe.requests.running");
        Parallel.For(0, 10_000, i =>
        {
            running.Add(1, Tag("pool", "a"));
            running.Add(-1, Tag("pool", "a"));
        });

        var sample = Assert.Single(Scrape(exposition)["krewe_requests_running"].Samples);

        Assert.Equal(0, sample.Value);
        Assert.False(double.IsNegative(sample.Value));
    }

    [Fact]
    public void Nothing_is_lost_when_many_threads_count_at_once()
    {
        using var exposition = Expose();
        var counter = _meter.CreateCounter<int>("many");
        var histogram = _meter.CreateHistogram<double>("took", "s");
        Parallel.For(0, 100_000, i =>
        {
            counter.Add(1, Tag("k", i % 7));
            histogram.Record(0.003, Tag("k", i % 7));
        });

        var families = Scrape(exposition);

        Assert.Equal(100_000, families["many_total"].Samples.Sum(sample => sample.Value));
        Assert.Equal(7, families["many_total"].Samples.Count);
        Assert.Equal(100_000, families["took_seconds"].Samples.Where(sample => sample.Name == "took_seconds_count").Sum(sample => sample.Value));
        Assert.Equal(300, families["took_seconds"].Samples.Where(sample => sample.Name == "took_seconds_sum").Sum(sample => sample.Value), 0.001);
    }

    [Fact]
    public void A_histogram_counts_into_fixed_buckets_whose_bounds_are_inclusive()
    {
        using var exposition = Expose();
        var histogram = _meter.CreateHistogram<double>("gen_ai.server.request.duration", "s");
        foreach (var seconds in new[] { 0, 0.001, 0.0010001, 0.3, 10_000, double.NaN, double.PositiveInfinity })
        {
            histogram.Record(seconds, Tag("pool", "a"));
        }

        var samples = Scrape(exposition)["gen_ai_server_request_duration_seconds"].Samples;

        Assert.Equal(2, At("0.001"));
        Assert.Equal(3, At("0.0025"));
        Assert.Equal(4, At("0.5"));
        Assert.Equal(4, At("640"));
        Assert.Equal(5, At("+Inf"));
        Assert.Equal(10_000.3020001, samples.Single(sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)).Value, 1e-6);

        double At(string le) => samples.Single(sample => sample["le"] == le).Value;
    }

    [Fact]
    public void A_histogram_that_advises_buckets_gets_them()
    {
        using var exposition = Expose();
        _meter.CreateHistogram("size", "By", null, null, new InstrumentAdvice<long> { HistogramBucketBoundaries = [10, 100] }).Record(50, Tag("le", "mine"));

        var samples = Scrape(exposition)["size_bytes"].Samples;

        Assert.Equal(["10", "100", "+Inf"], samples.Where(sample => sample.Name == "size_bytes_bucket").Select(sample => sample["le"]));
        Assert.All(samples, sample => Assert.Equal("mine", sample["le_"]));
    }

    [Fact]
    public void Gauges_are_read_at_the_scrape_and_gone_when_they_are_not_told_any_more()
    {
        using var exposition = Expose();
        var told = new List<Measurement<double>> { new(1.5, Tag("i", "a")), new(double.PositiveInfinity, Tag("i", "b")) };
        var read = 0;
        _meter.CreateObservableGauge("krewe.instances", () =>
        {
            read++;
            return told;
        });
        _meter.CreateObservableCounter("cpu.time", () => 12.5, "s");
        _meter.CreateGauge<int>("set").Record(4);
        Assert.Equal(0, read);

        var first = Scrape(exposition);
        told.RemoveAt(1);
        var second = Scrape(exposition);

        Assert.Equal(2, read);
        Assert.Equal(double.PositiveInfinity, first["krewe_instances"].Samples.Single(sample => sample["i"] == "b").Value);
        Assert.Equal(1.5, Assert.Single(second["krewe_instances"].Samples).Value);
        Assert.Equal(("counter", 12.5), (first["cpu_time_seconds_total"].Type, first["cpu_time_seconds_total"].Samples.Single().Value));
        Assert.Equal(4, second["set"].Samples.Single().Value);
    }

    [Fact]
    public void A_gauge_that_cannot_be_read_does_not_hide_the_others()
    {
        using var exposition = Expose();
        _meter.CreateObservableGauge("a.broken", new Func<long>(() => throw new InvalidOperationException("no")));
        _meter.CreateObservableGauge("b.fine", () => 1L);

        var families = Scrape(exposition);

        Assert.Empty(families["a_broken"].Samples);
        Assert.Single(families["b_fine"].Samples);
    }

    [Fact]
    public void Beyond_the_limit_everything_is_booked_on_one_series()
    {
        using var exposition = new PrometheusExposition([_meter.Name], seriesLimit: 10);
        var counter = _meter.CreateCounter<long>("tenants");
        Parallel.For(0, 10_000, i => counter.Add(1, Tag("tenant", i % 1_000)));

        var samples = Scrape(exposition)["tenants_total"].Samples;

        Assert.Equal(11, samples.Count);
        Assert.Equal(10_000, samples.Sum(sample => sample.Value));
        Assert.Single(samples, sample => sample["otel_metric_overflow"] == "true");
    }

    [Fact]
    public void Only_the_named_meters_are_collected_and_of_a_scope_only_its_own()
    {
        object mine = new(), other = new();
        using var ours = new Meter(new MeterOptions(_meter.Name) { Scope = mine });
        using var theirs = new Meter(new MeterOptions(_meter.Name) { Scope = other });
        using var stranger = new Meter("Another");
        using var exposition = new PrometheusExposition([_meter.Name], mine);
        ours.CreateCounter<long>("ours").Add(1);
        theirs.CreateCounter<long>("theirs").Add(1);
        _meter.CreateCounter<long>("common").Add(1);
        stranger.CreateCounter<long>("stranger").Add(1);

        Assert.Equal(["common_total", "ours_total"], Scrape(exposition).Keys.Order());
    }

    [Fact]
    public void Two_instruments_of_one_name_and_another_kind_do_not_mix()
    {
        using var exposition = Expose();
        var first = _meter.CreateUpDownCounter<long>("a.b");
        using var again = new Meter(_meter.Name);
        again.CreateHistogram<long>("a_b").Record(7);
        again.CreateUpDownCounter<long>("a.b").Add(2);
        first.Add(1);

        var family = Assert.Single(Scrape(exposition)).Value;

        Assert.Equal(("gauge", 3), (family.Type, Assert.Single(family.Samples).Value));
    }

    [Fact]
    public void A_meter_that_is_gone_is_not_shown()
    {
        using var exposition = Expose();
        using (var brief = new Meter(_meter.Name))
        {
            brief.CreateCounter<long>("brief").Add(1);
            Assert.Single(Scrape(exposition));
        }

        Assert.Empty(Scrape(exposition));
    }

    [Fact]
    public void The_runtimes_own_meter_can_be_shown()
    {
        using var exposition = new PrometheusExposition(["System.Runtime"]);

        var families = Scrape(exposition);

        Assert.True(families["dotnet_process_memory_working_set_bytes"].Samples.Single().Value > 0);
        Assert.Equal("counter", families["dotnet_gc_collections_total"].Type);
    }

    [Fact]
    public void Any_label_value_and_help_comes_back_as_it_was()
    {
        var nasty = Gen.Elements('\\', '"', '\n', '\r', ',', '{', '}', '=', ' ', 'a', 'ü', '日', '\0', '\t');
        var texts = Gen.ArrayOf(Gen.Frequency((3, nasty), (1, Gen.Choose(1, 0xD7FF).Select(code => (char)code)))).Select(chars => new string(chars)).ToArbitrary();
        Prop.ForAll(texts, texts, (value, help) =>
        {
            value = value.Replace("\r", "", StringComparison.Ordinal);
            help = help.Replace("\r", "", StringComparison.Ordinal);
            using var meter = new Meter("Krewe.Test." + Guid.NewGuid());
            using var exposition = new PrometheusExposition([meter.Name]);
            meter.CreateCounter<long>("c", null, help).Add(1, Tag("label", value));

            var family = Scrape(exposition)["c_total"];

            return family.Samples.Single()["label"] == value && (family.Help ?? "") == help;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_name_of_an_instrument_or_label_becomes_a_valid_one()
    {
        var texts = ArbMap.Default.ArbFor<NonEmptyString>();
        Prop.ForAll(texts, texts, texts, (name, first, second) =>
        {
            using var meter = new Meter("Krewe.Test." + Guid.NewGuid());
            using var exposition = new PrometheusExposition([meter.Name]);
            meter.CreateHistogram<double>(name.Get, "s").Record(1, Tag(first.Get, 1), Tag(second.Get, 2));

            return Scrape(exposition).Values.Single().Samples.Count > 0;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("krewe.requests", "{request}", true, "krewe_requests_total")]
    [InlineData("krewe.queue.time", "s", false, "krewe_queue_time_seconds")]
    [InlineData("dotnet.process.cpu.time", "s", true, "dotnet_process_cpu_time_seconds_total")]
    [InlineData("heap", "By", false, "heap_bytes")]
    [InlineData("took_seconds", "s", false, "took_seconds")]
    [InlineData("hits_total", null, true, "hits_total")]
    [InlineData("9 lives", null, false, "_9_lives")]
    public void Names_follow_OpenTelemetrys_mapping(string name, string? unit, bool isCounter, string expected) =>
        Assert.Equal(expected, PrometheusNames.Metric(name, unit, isCounter));

    [Fact]
    public void Values_are_written_so_that_they_read_back_the_same()
    {
        Prop.ForAll<double>(value => double.IsNaN(value) || PrometheusText.Number(value) is var text
            && (double.IsInfinity(value) ? text is "+Inf" or "-Inf" : double.Parse(text, System.Globalization.CultureInfo.InvariantCulture).Equals(value))).QuickCheckThrowOnFailure();
        Assert.Equal("NaN", PrometheusText.Number(double.NaN));
    }

    [Fact]
    public void A_measurement_of_known_labels_allocates_nothing()
    {
        using var exposition = Expose();
        var counter = _meter.CreateCounter<long>("c");
        var histogram = _meter.CreateHistogram<double>("h", "s");
        KeyValuePair<string, object?> pool = Tag("pool", "a"), outcome = Tag("outcome", "completed");
        Measure(1_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Measure(10_000);

        // The smallest object has 24 bytes. A collection meanwhile books what is left of the thread's piece of the heap, up to 8 KiB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);

        void Measure(int times)
        {
            for (var i = 0; i < times; i++)
            {
                counter.Add(1, pool, outcome);
                histogram.Record(0.1, pool);
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);

    private static Dictionary<string, PrometheusParser.Family> Scrape(PrometheusExposition exposition)
    {
        var output = new ArrayBufferWriter<byte>();
        exposition.Write(output);
        return PrometheusParser.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.WrittenSpan));
    }

    private PrometheusExposition Expose() => new([_meter.Name]);
}
