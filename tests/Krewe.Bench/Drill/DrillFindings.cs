using Krewe.Bench.Drill.Load;
using Krewe.Testing;

namespace Krewe.Bench.Drill;

/// <summary>Where a scenario notes what it saw: what did not take effect, what was promised and did not hold, what it measured.</summary>
internal abstract class DrillFindings
{
    /// <summary>A fault without load proves nothing.</summary>
    private const int LeastInFlight = 20;

    private readonly List<string> _unverified = [];
    private readonly List<string> _broken = [];
    private readonly Dictionary<string, double> _measures = [];

    public IReadOnlyList<string> Unverified => _unverified;

    public IReadOnlyList<string> Broken => _broken;

    public IReadOnlyDictionary<string, double> Measures => _measures;

    /// <summary>Requests under way at the first fault.</summary>
    public int InFlight { get; private set; }

    /// <summary>How busy the machine was before the fault; 0 to 1.</summary>
    public double MachineBusy { get; set; }

    /// <summary>Notes how much was under way when the fault came, and that it was too little, where it was.</summary>
    public void VerifyLoad(OpenLoopLoad load)
    {
        var live = load.Live.Count;
        InFlight = InFlight == 0 ? live : InFlight;
        Verify(live >= LeastInFlight, $"only {live} requests were in flight at the fault, of {LeastInFlight} at least");
    }

    /// <summary>Notes that a fault did not take effect, where it did not.</summary>
    public void Verify(bool held, string otherwise)
    {
        if (!held)
        {
            _unverified.Add("not verified: " + otherwise);
        }
    }

    /// <summary>The same for what shows after a while.</summary>
    public async Task VerifyAsync(Func<Task<bool>> condition, TimeSpan within, string otherwise) =>
        Verify(await HoldsAsync(condition, within), otherwise);

    /// <summary>Notes a broken promise, where it is.</summary>
    public void Promise(bool held, string otherwise)
    {
        if (!held)
        {
            _broken.Add(otherwise);
        }
    }

    /// <summary>The same for what has to show after a while at the latest.</summary>
    public async Task PromiseAsync(Func<Task<bool>> condition, TimeSpan within, string otherwise) =>
        Promise(await HoldsAsync(condition, within), otherwise);

    public void Measure(string name, double value) => _measures[name] = value;

    /// <summary>Lets the load run on.</summary>
    public static Task RunOnAsync(TimeSpan time) => Task.Delay(time);

    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition, TimeSpan within)
    {
        try
        {
            await Eventually.TrueAsync(condition, within);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
