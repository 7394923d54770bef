using System.Globalization;
using Krewe.Core.Identity;
using Krewe.Fleet.Local.Storage;
using Krewe.Fleet.Pools;
using Krewe.Fleet.Ports;

namespace Krewe.Fleet.Tests.Local.Storage;

public sealed class SqliteStateStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("krewe-state-").FullName;

    private string File => Path.Combine(_folder, "deeper", "state.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_saved_is_read_by_the_next_life()
    {
        using (var store = SqliteStateStore.Open(File))
        {
            Assert.Null(await Records(store, "a").LoadAsync(default));
            await Records(store, "a").SaveAsync(Record("one", "two"), default);
            var again = Records(store, "a");
            Assert.Equal(2, (await again.LoadAsync(default))!.Pools.Count);
            await again.SaveAsync(Record("three"), default);
            await Records(store, "a", kind: "other").SaveAsync(Record("elsewhere"), default);
        }

        using var next = SqliteStateStore.Open(File);
        Assert.Equal([new PoolName("three")], (await Records(next, "a").LoadAsync(default))!.Pools);
        Assert.Equal([new PoolName("elsewhere")], (await Records(next, "a", kind: "other").LoadAsync(default))!.Pools);
        Assert.Null(await Records(next, "b").LoadAsync(default));
    }

    [Fact]
    public async Task Of_two_writers_the_later_meets_a_conflict_until_it_reads_again()
    {
        using var store = SqliteStateStore.Open(File);
        var (first, second) = (Records(store, "a"), Records(store, "a"));
        await first.LoadAsync(default);
        await second.LoadAsync(default);
        await first.SaveAsync(Record("first"), default);

        await Assert.ThrowsAsync<StoreConflictException>(() => second.SaveAsync(Record("second"), default));
        Assert.Equal([new PoolName("first")], (await second.LoadAsync(default))!.Pools);
        await second.SaveAsync(Record("second"), default);
        await Assert.ThrowsAsync<StoreConflictException>(() => first.SaveAsync(Record("first"), default));
    }

    [Fact]
    public async Task Of_many_writers_of_one_record_at_once_exactly_one_wins()
    {
        using var store = SqliteStateStore.Open(File);

        var saves = Enumerable.Range(0, 200).Select(number => Records(store, "a").SaveAsync(Record($"w{number}"), default)).ToArray();
        await Task.WhenAll(saves).ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.Equal(1, saves.Count(save => save.IsCompletedSuccessfully));
        Assert.Equal(199, saves.Count(save => save.Exception?.InnerException is StoreConflictException));
        var winner = Array.FindIndex(saves, save => save.IsCompletedSuccessfully);
        Assert.Equal([new PoolName($"w{winner}")], (await Records(store, "a").LoadAsync(default))!.Pools);
    }

    [Fact]
    public async Task Saves_that_wait_share_a_commit()
    {
        const int Saves = 2000;
        using var store = SqliteStateStore.Open(File);
        var before = store.Commits;

        await Task.WhenAll(Enumerable.Range(0, Saves).Select(number => Records(store, $"k{number}").SaveAsync(Record("x"), default)));

        Assert.InRange(store.Commits - before, 1, Saves / 4);
    }

    [Fact]
    public async Task A_second_silo_on_the_same_file_is_refused_in_plain_words_and_harms_nothing()
    {
        using (var store = SqliteStateStore.Open(File))
        {
            var error = Assert.Throws<IOException>(() => SqliteStateStore.Open(File));
            Assert.Equal($"The state file {File} is in use by another silo.", error.Message);
            await Records(store, "a").SaveAsync(Record("still-here"), default);
        }

        using var next = SqliteStateStore.Open(File);
        Assert.NotNull(await Records(next, "a").LoadAsync(default));
    }

    [Fact]
    public void A_file_that_is_something_else_is_refused_naming_it()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, string.Concat(Enumerable.Repeat("This is no state file. ", 500)));

        Assert.Contains(File, Assert.Throws<IOException>(() => SqliteStateStore.Open(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_its_place_is_refused_naming_it()
    {
        Directory.CreateDirectory(File);

        Assert.Contains(File, Assert.Throws<IOException>(() => SqliteStateStore.Open(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_opener_lets_go_of_the_file()
    {
        using (SqliteStateStore.Open(File))
        {
            Assert.Throws<IOException>(() => SqliteStateStore.Open(File));
        }

        using var next = SqliteStateStore.Open(File);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_full_file_fails_the_save_and_no_other()
    {
        PoolIndexRecord large = new([.. Enumerable.Range(0, 2000).Select(number => new PoolName($"a-rather-long-name-of-a-pool-{number}"))]);
        var saved = 0;
        using (var store = SqliteStateStore.Open(File, maxPages: 200))
        {
            var error = await Assert.ThrowsAsync<IOException>(async () =>
            {
                for (; saved < 1000; saved++)
                {
                    await Records(store, $"k{saved}").SaveAsync(large, default);
                }
            });
            Assert.Contains("did not take a write", error.Message, StringComparison.Ordinal);
            Assert.True(saved > 0);

            // What fits is taken again, by the same writer and on the version that stands.
            Assert.Null(await Records(store, $"k{saved}").LoadAsync(default));
            var first = Records(store, "k0");
            Assert.Equal(2000, (await first.LoadAsync(default))!.Pools.Count);
            await first.SaveAsync(Record("small"), default);
        }

        using var next = SqliteStateStore.Open(File);
        Assert.Single((await Records(next, "k0").LoadAsync(default))!.Pools);
        for (var i = 1; i < saved; i++)
        {
            Assert.Equal(2000, (await Records(next, $"k{i}").LoadAsync(default))!.Pools.Count);
        }
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var store = SqliteStateStore.Open(File);
        var records = Records(store, "a");
        store.Dispose();
        store.Dispose();

        await Assert.ThrowsAsync<IOException>(() => records.SaveAsync(Record("late"), default));
    }

    [Fact]
    public async Task Every_save_that_was_confirmed_survives_a_kill_in_the_middle_of_writing()
    {
        var confirmed = new int[StateWriterProcess.Keys];
        for (var round = 0; round < 3; round++)
        {
            using var child = StateWriterProcess.Start(File);
            for (var lines = 0; lines < 400; lines++)
            {
                Confirm(await child.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The writer ended by itself."));
            }

            child.Kill();

            // What it said before it died is in the pipe still; a line cut short does not count.
            var rest = await child.StandardOutput.ReadToEndAsync();
            foreach (var line in rest.Split('\n').SkipLast(1))
            {
                Confirm(line);
            }

            await child.WaitForExitAsync();
            Assert.Equal(137, child.ExitCode);

            using var store = SqliteStateStore.Open(File);
            for (var key = 0; key < confirmed.Length; key++)
            {
                var stored = await Records(store, $"k{key}", StateWriterProcess.Kind).LoadAsync(default);
                Assert.True((stored?.Pools.Count ?? 0) >= confirmed[key], $"k{key} holds save {stored?.Pools.Count}, but {confirmed[key]} was confirmed.");
            }
        }

        Assert.True(confirmed.Sum() > 1000);

        void Confirm(string line)
        {
            var parts = line.Split(' ');
            confirmed[int.Parse(parts[0], CultureInfo.InvariantCulture)] = int.Parse(parts[1], CultureInfo.InvariantCulture);
        }
    }

    private static IRecordStore<PoolIndexRecord> Records(SqliteStateStore store, string key, string kind = "test") => store.Records<PoolIndexRecord>(kind, key);

    private static PoolIndexRecord Record(params string[] pools) => new([.. pools.Select(name => new PoolName(name))]);
}
