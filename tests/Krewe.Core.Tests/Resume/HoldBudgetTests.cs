using Krewe.Core.Resume;

namespace Krewe.Core.Tests.Resume;

/// <summary>The bytes of all held streams together.</summary>
public sealed class HoldBudgetTests
{
    [Fact]
    public void What_is_too_much_is_not_taken()
    {
        var budget = new HoldBudget(100);
        Assert.True(budget.TryTake(60));
        Assert.False(budget.TryTake(41));
        Assert.Equal(60, budget.Used);
        Assert.True(budget.TryTake(40));
        budget.Take(10);
        budget.Give(110);
        Assert.Equal(0, budget.Used);
    }
}
