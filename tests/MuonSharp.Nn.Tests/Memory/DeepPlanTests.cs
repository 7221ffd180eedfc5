using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Memory;

/// <summary>Placement against a walk over all buffers, and for many buffers.</summary>
public class DeepPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Offsets_are_those_of_a_walk_over_all_buffers(ulong seed)
    {
        TestNumbers numbers = new(seed);
        List<TapeBuffer> buffers = [];
        for (int i = 0; i < 400; i++)
        {
            var buffer = new TapeBuffer($"{i}", 1 + (numbers.Below(30) * numbers.Below(30)));
            int first = numbers.Below(120) - 1;
            buffer.Live(first, first + (i % 3 == 0 ? numbers.Below(100) : numbers.Below(6)));
            if (i % 4 == 0)
            {
                buffer.Live(buffer.LastUse + 3, buffer.LastUse + 3 + numbers.Below(9));
            }

            buffers.Add(buffer);
        }

        long[] expected = [.. Walk(MemoryPlan.Arrange(buffers).Buffers)];

        Assert.Equal(expected, MemoryPlan.Arrange(buffers).Buffers.Select(buffer => buffer.Offset));
    }

    [Fact]
    public void A_thousand_blocks_are_placed_in_seconds()
    {
        // Forty buffers a block: half of them from the forward to the backward run, half for a moment in one of them.
        const int Blocks = 1000, Each = 20, End = 2 * Blocks * Each;
        List<TapeBuffer> buffers = [];
        for (int time = 0; time < Blocks * Each; time++)
        {
            var kept = new TapeBuffer($"kept {time}", 1000 + (16 * (time % Each)));
            kept.Live(time, End - 1 - time);
            var moment = new TapeBuffer($"moment {time}", 5000 - (16 * (time % Each)));
            int at = time % 2 == 0 ? time : End - 2 - time;
            moment.Live(at, at + 2);
            buffers.AddRange([kept, moment]);
        }

        long start = Environment.TickCount64;
        MemoryPlan plan = MemoryPlan.Arrange(buffers);

        Assert.InRange(Environment.TickCount64 - start, 0, 20_000);
        Assert.InRange(plan.ArenaLength, plan.BusiestLength, plan.BusiestLength * 51 / 50);
    }

    /// <summary>Best fit by its definition: of the gaps between the buffers placed before and alive at the same time, the smallest that fits, the first of equals.</summary>
    private static IEnumerable<long> Walk(IReadOnlyList<TapeBuffer> order)
    {
        List<(TapeBuffer Buffer, long Start, long End)> placed = [];
        foreach (TapeBuffer buffer in order)
        {
            (long best, long bestGap, long free, long need) = (-1, long.MaxValue, 0, MemoryPlan.Align(buffer.Length));
            foreach ((_, long start, long end) in placed.Where(other => other.Buffer.LivesWith(buffer)).OrderBy(other => other.Start))
            {
                if (start - free >= need && start - free < bestGap)
                {
                    (best, bestGap) = (free, start - free);
                }

                free = Math.Max(free, end);
            }

            best = best >= 0 ? best : free;
            placed.Add((buffer, best, best + need));
            yield return best;
        }
    }
}
