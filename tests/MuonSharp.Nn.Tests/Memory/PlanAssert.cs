namespace MuonSharp.Nn.Tests.Memory;

internal static class PlanAssert
{
    /// <summary>Every pair of buffers is apart in time or in space, and all lie in the arena.</summary>
    public static void NoOverlap(MemoryPlan plan)
    {
        for (int i = 0; i < plan.Buffers.Count; i++)
        {
            TapeBuffer a = plan.Buffers[i];
            Assert.InRange(a.Offset + a.Length, 0, plan.ArenaLength);
            for (int j = 0; j < i; j++)
            {
                TapeBuffer b = plan.Buffers[j];
                bool apart = a.Offset + a.Length <= b.Offset || b.Offset + b.Length <= a.Offset;
                Assert.True(apart || !a.LivesWith(b), $"{a.Name} and {b.Name} are alive at the same time and overlap");
            }
        }
    }
}
