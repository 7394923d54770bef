using System.Globalization;

namespace Krewe.Bench.Overhead;

/// <summary>What Orleans has counted up to now within one silo, as its <c>/metrics</c> tells.</summary>
/// <param name="Messages">Messages between grains: a call is one, its answer another, unless it is one-way.</param>
/// <param name="Activations">Grains that were made.</param>
internal readonly record struct GrainFigures(double Messages, double Activations)
{
    private const string MessagesName = "orleans_messaging_sent_local_total";
    private const string ActivationsName = "orleans_catalog_activation_created_total";

    public static GrainFigures operator -(GrainFigures after, GrainFigures before) =>
        new(after.Messages - before.Messages, after.Activations - before.Activations);

    public static GrainFigures operator /(GrainFigures of, double requests) => new(of.Messages / requests, of.Activations / requests);

    public static async Task<GrainFigures> ReadAsync(HttpClient control)
    {
        var lines = (await control.GetStringAsync("/metrics")).Split('\n');
        return new GrainFigures(Sum(lines, MessagesName), Sum(lines, ActivationsName));
    }

    private static double Sum(IEnumerable<string> lines, string name) => lines
        .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
