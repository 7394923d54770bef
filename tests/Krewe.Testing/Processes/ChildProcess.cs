using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Krewe.Testing.Processes;

/// <summary>A real process of the project, started for a test: its lines are kept, its signals are real, it is stopped by its id.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDisposed;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, data) => Add(data.Data);
        process.ErrorDataReceived += (_, data) => Add(data.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) =>
        {
            _exited.TrySetResult();
            Pulse();
        };
    }

    public int Id => _process.Id;

    public bool HasExited => _isDisposed || _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Everything it wrote so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts <c>dotnet</c> on an assembly.</summary>
    public static ChildProcess StartDotnet(string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Start("dotnet", arguments.Prepend(assembly), environment);

    /// <summary>Starts a program.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The first line that holds <paramref name="text"/>; fails with the whole output when the process ends, or the time is over, without it.</summary>
    public async Task<string> LineAsync(string text, TimeSpan within)
    {
        var deadline = Task.Delay(within);
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                changed = _changed.Task;
            }

            if (_process.HasExited || await Task.WhenAny(changed, deadline) == deadline)
            {
                lock (_gate)
                {
                    if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } late)
                    {
                        return late;
                    }
                }

                throw new InvalidOperationException($"No line with '{text}'{(_process.HasExited ? " before it ended" : "")}. It wrote:\n{Output}");
            }
        }
    }

    /// <summary>The URL that stands behind <paramref name="before"/> in the first line that holds it, without its path.</summary>
    public async Task<Uri> UrlAsync(string before, TimeSpan within)
    {
        var line = await LineAsync(before, within);
        var text = line[(line.IndexOf(before, StringComparison.Ordinal) + before.Length)..].Split(' ')[0];
        return new Uri(new Uri(text).GetLeftPart(UriPartial.Authority));
    }

    public void Signal(int signal)
    {
        if (!_process.HasExited && Kill(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} was not delivered: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Ends when the process has.</summary>
    public async Task<int> ExitAsync(TimeSpan within)
    {
        await _exited.Task.WaitAsync(within);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>CPU time that it has used, user and system.</summary>
    public TimeSpan Cpu()
    {
        // Fields 14 and 15 of /proc/pid/stat, in ticks of 10 ms; the name in field 2 may hold spaces.
        var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }

    /// <summary>How the scheduler sees it: <c>R</c>, <c>S</c>, <c>T</c> (stopped by a signal), <c>Z</c>, …; null once it has exited.</summary>
    public char? SchedulerState()
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Memory that it holds resident, bytes.</summary>
    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan("VmRSS:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _isDisposed = true;
        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _lines.Add(line);
            }

            Pulse();
        }
    }

    private void Pulse()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
