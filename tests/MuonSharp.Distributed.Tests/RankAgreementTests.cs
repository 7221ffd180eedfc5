namespace MuonSharp.Distributed.Tests;

public class RankAgreementTests
{
    [Fact]
    public void Ranks_that_agree_go_on() =>
        ThreadCollectives.Run(3, static ranks => RankAgreement.Check(ranks, [("version", "0.1.0"), ("configuration", "8f3a"), ("note", "")]));

    [Theory]
    [InlineData("version", "0.1.0", "0.2.0")]
    [InlineData("data", "shakespeare, 1115394 bytes", "")]
    [InlineData("name", "Zo\u00eb", "Zoe")]
    public void A_difference_is_named_on_every_rank(string name, string usual, string other)
    {
        string?[] errors = new string?[4];
        ThreadCollectives.Run(4, ranks =>
        {
            CollectiveException error = Assert.Throws<CollectiveException>(() =>
                RankAgreement.Check(ranks, [("first", "equal"), (name, ranks.Rank == 2 ? other : usual), ("last", ranks.Rank.ToString(System.Globalization.CultureInfo.InvariantCulture))]));
            errors[ranks.Rank] = error.Message;
            ranks.Barrier();
        });
        Assert.All(errors.Skip(1), error => Assert.Equal(errors[0], error));
        Assert.All<string>([name, "rank 0", "rank 2", usual, other], word => Assert.Contains(word, errors[0], StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_that_one_rank_does_not_have_is_a_difference()
    {
        CollectiveException error = Assert.Throws<CollectiveException>(static () => ThreadCollectives.Run(2, static ranks =>
            RankAgreement.Check(ranks, ranks.Rank == 0 ? [("a", "1")] : [("a", "1"), ("b", "2")])));
        Assert.Contains("b must be the same on all ranks", error.Message, StringComparison.Ordinal);
    }
}
