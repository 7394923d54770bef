namespace Krewe.Gateway.Metrics;

/// <summary>One metric under one set of labels.</summary>
internal abstract class Series(string labels)
{
    /// <summary>The labels as they are written, without the braces; empty where there are none.</summary>
    public string Labels { get; } = labels;

    /// <summary>Takes a measurement. Many threads at once; never waits.</summary>
    public abstract void Record(double value);
}
