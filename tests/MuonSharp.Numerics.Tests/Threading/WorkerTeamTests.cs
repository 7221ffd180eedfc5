namespace MuonSharp.Numerics.Tests;

public sealed unsafe class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_task_runs_exactly_once(int threads)
    {
        using var team = new WorkerTeam(threads);
        int* counts = stackalloc int[257];
        for (int round = 1; round <= 2000; round++)
        {
            var job = new Counting(counts);
            team.Run(1 + (round % 257), ref job);
        }

        long total = 0L;
        for (int task = 0; task < 257; task++)
        {
            int expected = Enumerable.Range(1, 2000).Count(round => 1 + (round % 257) > task);
            Assert.Equal(expected, counts[task]);
            total += expected;
        }

        Assert.Equal(total, Enumerable.Range(0, threads).Sum(team.TasksOf));
    }

    [Fact]
    public void Workers_that_fell_asleep_wake_up_again()
    {
        using var team = new WorkerTeam(3);
        int* counts = stackalloc int[64];
        for (int round = 0; round < 20; round++)
        {
            Thread.Sleep(5);
            var job = new Slow(counts);
            team.Run(64, ref job);
        }

        Assert.All(Enumerable.Range(0, 3), worker => Assert.True(team.TasksOf(worker) > 0));
        Assert.Equal(64 * 20, Enumerable.Range(0, 3).Sum(team.TasksOf));
    }

    [Fact]
    public void What_a_task_throws_reaches_the_caller_and_the_team_lives_on()
    {
        using var team = new WorkerTeam(2);
        var failing = default(Failing);
        Assert.Contains("task 5", Assert.Throws<AggregateException>(() => team.Run(40, ref failing)).Message, StringComparison.Ordinal);
        int* counts = stackalloc int[40];
        var job = new Counting(counts);
        team.Run(40, ref job);
        Assert.Equal(1, counts[39]);
    }

    [Fact]
    public void A_job_that_starts_another_on_its_own_team_is_refused()
    {
        using var team = new WorkerTeam(2);
        var job = new Nested(team);
        Assert.Contains("one job at a time", Assert.Throws<AggregateException>(() => team.Run(8, ref job)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_team_that_was_disposed_says_so()
    {
        var team = new WorkerTeam(2);
        team.Dispose();
        team.Dispose();
        var job = default(Failing);
        Assert.Throws<ObjectDisposedException>(() => team.Run(2, ref job));
    }

    [Fact]
    public void Sharing_a_job_allocates_nothing()
    {
        using var team = new WorkerTeam(2);
        int* counts = stackalloc int[16];
        var job = new Counting(counts);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                team.Run(16, ref job);
            }
        }));
    }

    [Fact]
    public void A_job_that_is_a_field_of_an_object_may_move_while_it_runs()
    {
        using var team = new WorkerTeam(2);
        for (int round = 0; round < 20; round++)
        {
            Holder[] holders = Enumerable.Range(0, 1000).Select(_ => new Holder()).ToArray();
            Holder last = holders[^1];
            Array.Clear(holders);
            team.Run(16, ref last.Job);
            Assert.Equal(16, last.Job.Done);
        }
    }

    private sealed class Holder
    {
        public Collecting Job;
    }

    private struct Collecting : ITeamJob
    {
        public int Done;

        public void Run(int task, int worker)
        {
            if (task == 3)
            {
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            }

            Interlocked.Increment(ref Done);
        }
    }

    private readonly struct Counting(int* counts) : ITeamJob
    {
        public void Run(int task, int worker) => Interlocked.Increment(ref counts[task]);
    }

    private readonly struct Slow(int* counts) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            Interlocked.Increment(ref counts[task]);
            Thread.Sleep(1);
        }
    }

    private readonly struct Failing : ITeamJob
    {
        public void Run(int task, int worker)
        {
            if (task == 5)
            {
                throw new InvalidDataException("task 5");
            }
        }
    }

    private readonly struct Nested(WorkerTeam team) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            var inner = default(Failing);
            team.Run(3, ref inner);
        }
    }
}
