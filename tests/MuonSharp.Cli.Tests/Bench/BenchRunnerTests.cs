using MuonSharp.Cli.Bench;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Tests.Bench;

public class BenchRunnerTests
{
    [Fact]
    public void The_median_is_the_middle() => Assert.Equal((3, 2.5, 7), (BenchRunner.Median([9, 1, 3]), BenchRunner.Median([4, 1, 2, 3]), BenchRunner.Median([7])));

    [Fact]
    public void A_case_is_prepared_before_every_call_and_started_once_after_the_warm_up()
    {
        using var team = new WorkerTeam(1);
        using var work = new Sleeper();

        BenchResult result = new BenchRunner(team).Measure(work);

        Assert.Equal(1, work.Starts);
        Assert.Equal(work.Prepared, work.Calls);
        Assert.True(work.CallsAtStart > 0 && work.Calls > work.CallsAtStart);
        Assert.True(result.Milliseconds >= Sleeper.Milliseconds);

        // A share is speed over the peak beside it: the same figures must give it back, within what rounds differ by.
        Assert.Equal(Sleeper.Work / result.Milliseconds / 1e6, result.Gflops!.Value, 1e-6);
        Assert.InRange(result.ShareOfPeak!.Value, 0, 1);
        Assert.Null(result.GigabytesPerSecond);
    }

    /// <summary>What reads the array that the bandwidth is measured by is at all of it, within what a machine with other work makes of it.</summary>
    [Fact]
    public void What_reads_memory_has_its_share_of_the_bandwidth_beside_it()
    {
        using var team = new WorkerTeam(1);
        using Reader work = new(team);

        BenchResult result = new BenchRunner(team).Measure(work);

        Assert.Equal(work.Bytes / result.Milliseconds / 1e6, result.GigabytesPerSecond!.Value, 1e-6);
        Assert.InRange(result.ShareOfBandwidth!.Value, 0.1, 10);
        Assert.InRange(result.Bandwidth, 0.1, 5000);
    }

    [Fact]
    public void A_narrow_vector_is_no_faster_than_the_unit_allows()
    {
        using var team = new WorkerTeam(1);
        foreach (int bits in FmaPeak.Widths)
        {
            // One core of today: between a hundredth and ten times of what is usual; a loop that the compiler dropped would be far above.
            Assert.InRange(FmaPeak.Measure(team, bits), 0.01, 5000);
        }

        Assert.Contains(FmaPeak.KernelWidth, FmaPeak.Widths.Append(0));
    }

    private sealed class Reader(WorkerTeam team) : BenchCase("reader")
    {
        private readonly BandwidthCase _memory = new("memory", team, BandwidthKind.Read);

        public override double Bytes => _memory.Bytes;

        public override bool ReadsMemory => true;

        public override void Run() => _memory.Run();

        public override void Dispose()
        {
            _memory.Dispose();
            base.Dispose();
        }
    }

    private sealed class Sleeper() : BenchCase("sleeper")
    {
        public const int Milliseconds = 2;
        public const double Work = 1e6;

        public int Prepared { get; private set; }

        public int Calls { get; private set; }

        public int Starts { get; private set; }

        public int CallsAtStart { get; private set; }

        public override double Flops => Work;

        public override void Start() => (Starts, CallsAtStart) = (Starts + 1, Calls);

        public override void Prepare() => Prepared++;

        public override void Run()
        {
            Calls++;
            Thread.Sleep(Milliseconds);
        }
    }
}
