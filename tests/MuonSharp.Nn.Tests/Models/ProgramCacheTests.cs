namespace MuonSharp.Nn.Tests.Models;

public class ProgramCacheTests
{
    [Fact]
    public void The_program_that_was_not_asked_for_longest_goes_first()
    {
        using ProgramCache<int, Thing> cache = new(3);
        Thing[] things = [.. Enumerable.Range(0, 5).Select(_ => new Thing())];
        for (int i = 0; i < 3; i++) cache.Add(i, things[i]);
        Assert.True(cache.TryGet(0, out Thing? first));
        Assert.Same(things[0], first);
        cache.Add(3, things[3]);
        Assert.False(cache.TryGet(1, out _));
        Assert.Equal([false, true, false, false, false], things.Select(thing => thing.IsDisposed));
        cache.MakeRoom();
        Assert.Equal([false, true, true, false, false], things.Select(thing => thing.IsDisposed));
        cache.Add(4, things[4]);
        Assert.Equal(3, cache.Count);

        cache.Dispose();
        Assert.All(things, thing => Assert.True(thing.IsDisposed));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProgramCache<int, Thing>(0));
    }

    private sealed class Thing : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
