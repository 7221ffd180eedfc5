using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Memory;

/// <summary>Placement of buffers by lifetime.</summary>
public class MemoryPlanTests
{
    [Fact]
    public void Buffers_that_never_live_together_share_memory()
    {
        (TapeBuffer? first, TapeBuffer? second) = (Buffer("first", 100, 0, 3), Buffer("second", 90, 4, 6));

        var plan = MemoryPlan.Arrange([first, second]);

        Assert.Equal((0, 0), (first.Offset, second.Offset));
        Assert.Equal(112, plan.ArenaLength);
        Assert.Equal(112 + 96, plan.TotalLength);
    }

    [Fact]
    public void A_shared_instant_is_a_shared_life()
    {
        (TapeBuffer? first, TapeBuffer? second) = (Buffer("first", 16, 0, 3), Buffer("second", 16, 3, 6));

        MemoryPlan.Arrange([first, second]);

        Assert.NotEqual(first.Offset, second.Offset);
    }

    [Fact]
    public void The_smallest_gap_that_fits_is_taken()
    {
        // At time 5 the memory holds walls at 0 and 64 .. 128, leaving gaps of 48 behind the first and of 32 behind the second wall.
        TapeBuffer[] buffers =
        [
            Buffer("large gap", 1600, 0, 4), Buffer("wall", 1500, 0, 9), Buffer("small gap", 1400, 0, 4), Buffer("end", 1300, 0, 9),
            Buffer("fits both", 1200, 5, 9),
        ];

        MemoryPlan.Arrange(buffers);

        Assert.Equal(buffers[2].Offset, buffers[4].Offset);
    }

    [Fact]
    public void A_buffer_that_nothing_uses_gets_no_memory()
    {
        var plan = MemoryPlan.Arrange([new TapeBuffer("unused", 1000), Buffer("used", 10, 0, 0)]);

        Assert.Equal(16, plan.ArenaLength);
        Assert.Single(plan.Buffers);
    }

    [Fact]
    public unsafe void Buffers_have_an_address_while_the_arena_lives()
    {
        TapeBuffer buffer = Buffer("a", 20, 0, 1);
        var arena = new TapeArena(MemoryPlan.Arrange([buffer]));

        Assert.True(buffer.Pointer is not null);
        Assert.Equal(0, (nint)buffer.Pointer % NativeBuffer.Alignment);
        Assert.Equal(128, arena.Bytes);

        arena.Dispose();
        Assert.True(buffer.Pointer is null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_two_live_buffers_overlap_for_random_lifetimes(ulong seed)
    {
        TestNumbers numbers = new(seed);
        List<TapeBuffer> buffers = [];
        for (int i = 0; i < 200; i++)
        {
            int start = numbers.Below(100);
            buffers.Add(Buffer($"{i}", numbers.Below(1000), start, start + numbers.Below(20)));
        }

        var plan = MemoryPlan.Arrange(buffers);

        PlanAssert.NoOverlap(plan);
        Assert.True(plan.ArenaLength < plan.TotalLength / 3, $"{plan.ArenaLength} of {plan.TotalLength}");
        // No plan can be smaller than what lives at the busiest time; best fit comes near it.
        long busiest = Enumerable.Range(0, 120).Max(time =>
            buffers.Where(b => b.FirstUse <= time && time <= b.LastUse).Sum(b => MemoryPlan.Align(b.Length)));
        Assert.Equal(busiest, plan.BusiestLength);
        Assert.InRange(plan.ArenaLength, busiest, busiest * 5 / 4);
    }

    [Fact]
    public void A_buffer_may_live_twice_and_lend_its_memory_in_between()
    {
        (TapeBuffer? twice, TapeBuffer? between, TapeBuffer? always) = (Buffer("twice", 160, 0, 2), Buffer("between", 150, 3, 6), Buffer("always", 16, 0, 9));
        twice.Live(7, 8);

        var plan = MemoryPlan.Arrange([twice, between, always]);

        Assert.Equal((0, 0), (twice.Offset, between.Offset));
        Assert.Equal((0, 8), (twice.FirstUse, twice.LastUse));
        Assert.False(twice.LivesWith(between));
        Assert.True(twice.LivesWith(always));
        Assert.Equal(160 + 16, plan.ArenaLength);
        Assert.Equal(160 + 16, plan.BusiestLength);
    }

    [Fact]
    public void Lives_that_meet_become_one()
    {
        TapeBuffer buffer = Buffer("a", 16, 8, 9);
        buffer.Live(0, 1);
        buffer.Live(4, 5);
        Assert.Equal([new(0, 1), new(4, 5), new(8, 9)], buffer.Lives);

        buffer.Live(5, 8);
        Assert.Equal([new(0, 1), new(4, 9)], buffer.Lives);

        buffer.Touch(12);
        Assert.Equal([new Lifetime(0, 12)], buffer.Lives);
        Assert.Throws<ArgumentException>(() => buffer.Live(3, 2));
    }

    private static TapeBuffer Buffer(string name, long length, int first, int last)
    {
        var buffer = new TapeBuffer(name, length);
        buffer.Touch(first);
        buffer.Touch(last);
        return buffer;
    }
}
